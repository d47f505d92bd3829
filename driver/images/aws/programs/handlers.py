"""What each framework does where the user's script does not say: AWS's defaults.

Sources: aws/sagemaker-scikit-learn-container `serving.py`; aws/sagemaker-xgboost-container
`handler_service.py`, `encoder.py`, `algorithm_mode/handler_service.py`;
aws/sagemaker-pytorch-inference-toolkit `default_pytorch_inference_handler.py`.
"""

import os
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from sagemaker_inference import content_types, decoder, encoder, errors, utils
from sagemaker_inference.default_inference_handler import DefaultInferenceHandler

_LIBSVM = ("text/libsvm", "text/x-libsvm")
_MODEL_FILES = ("*.pt", "*.pth")


class ScikitLearn(DefaultInferenceHandler):
    """The script must have `model_fn`."""

    def default_input_fn(self, input_data: Any, content_type: str) -> Any:
        """Read JSON, CSV, NPY or NPZ; of texts, numbers of 32 bits."""
        array = decoder.decode(input_data, content_type)
        return array.astype("float32") if content_type in content_types.UTF8_TYPES else array

    def default_predict_fn(self, data: Any, model: Any) -> Any:
        """Predict."""
        return model.predict(data)


class Xgboost(DefaultInferenceHandler):
    """The script must have `model_fn`."""

    def default_input_fn(self, input_data: str | bytes, content_type: str) -> Any:
        """Read CSV or LIBSVM as a DMatrix."""
        import numpy as np  # noqa: PLC0415 - of this image alone
        import xgboost  # noqa: PLC0415
        from xgboost_algorithm import csv_rows  # noqa: PLC0415

        kind = content_type.partition(";")[0].strip()
        if kind == content_types.CSV:
            text = input_data.decode() if isinstance(input_data, bytes) else input_data
            return xgboost.DMatrix(np.array(csv_rows(text)))
        if kind in _LIBSVM:
            content = input_data.encode() if isinstance(input_data, str) else input_data
            with tempfile.NamedTemporaryFile() as file:
                file.write(content)
                file.flush()
                return xgboost.DMatrix(f"{file.name}?format=libsvm")
        raise errors.UnsupportedFormatError(content_type)

    def default_predict_fn(self, data: Any, model: Any) -> Any:
        """Predict, whatever the columns are called."""
        return model.predict(data, validate_features=False)


class XgboostAlgorithm(Xgboost):
    """The algorithm: no script at all."""

    def default_model_fn(self, model_dir: str) -> Any:
        """Load what the algorithm has trained."""
        from xgboost_algorithm import load  # noqa: PLC0415

        return load(Path(model_dir))

    def default_input_fn(self, input_data: str | bytes, content_type: str) -> Any:
        """Read CSV or LIBSVM; other content types get 415, and nothing gets 204."""
        if not input_data:
            raise errors.BaseInferenceToolkitError(204, "", "")
        try:
            return super().default_input_fn(input_data, content_type or content_types.CSV)
        except errors.UnsupportedFormatError as error:
            raise errors.BaseInferenceToolkitError(415, str(error), "Unsupported Media Type") from error
        except ValueError as error:
            raise errors.BaseInferenceToolkitError(400, str(error), "Bad Request") from error

    def default_predict_fn(self, data: Any, model: Any) -> Any:
        """Predict with the rounds up to the best one, where the training stopped early."""
        best = model.attr("best_iteration")
        last = 0 if best is None else int(best) + 1  # 0 means all
        return model.predict(data, iteration_range=(0, last), validate_features=False)

    def default_output_fn(self, prediction: Any, accept: str) -> Any:
        """Write CSV (commas between, lines in a transform job) or JSON."""
        kind, values = accept.lower(), prediction.tolist()
        if kind in {content_types.CSV, "csv"}:
            is_batch = os.environ.get("SAGEMAKER_BATCH")
            text = "".join(f"{value}\n" for value in values) if is_batch else ",".join(map(str, values))
            return text, content_types.CSV
        if kind in {content_types.JSON, "json"}:
            return encoder.encode(prediction, content_types.JSON), content_types.JSON
        message = f"{accept} is not an accepted Accept type: {content_types.CSV}, {content_types.JSON}."
        raise errors.BaseInferenceToolkitError(415, message, "Unsupported Media Type")


class Pytorch(DefaultInferenceHandler):
    """A script without `model_fn` gets the one TorchScript file of the model."""

    def default_model_fn(self, model_dir: str) -> Any:
        """Load model.pt, or the only file that ends in .pt or .pth."""
        import torch  # noqa: PLC0415 - of this image alone

        file = Path(model_dir) / "model.pt"
        if not file.exists():
            files = [path for pattern in _MODEL_FILES for path in Path(model_dir).glob(pattern)]
            if len(files) != 1:
                names = [path.name for path in files]
                raise ValueError(f"Exactly one .pth or .pt file is required for PyTorch models: {names}")
            (file,) = files
        return torch.jit.load(str(file), map_location="cpu")

    def default_input_fn(self, input_data: Any, content_type: str) -> Any:
        """Read JSON, CSV or NPY as a tensor."""
        import torch  # noqa: PLC0415

        array = decoder.decode(input_data, content_type)
        is_text = content_type in content_types.UTF8_TYPES
        return torch.FloatTensor(array) if is_text else torch.from_numpy(array)

    def default_predict_fn(self, data: Any, model: Any) -> Any:
        """Call the model."""
        import torch  # noqa: PLC0415

        with torch.no_grad():
            model.eval()
            return model(data)

    def default_output_fn(self, prediction: Any, accept: str) -> Any:
        """Write JSON, CSV or NPY."""
        if hasattr(prediction, "detach"):
            prediction = prediction.detach().cpu().numpy().tolist()
        for content_type in utils.parse_accept(accept):
            if content_type in encoder.SUPPORTED_CONTENT_TYPES:
                return encoder.encode(prediction, content_type), content_type
        raise errors.UnsupportedFormatError(accept)


HANDLERS: dict[str, Callable[[], DefaultInferenceHandler]] = {
    "scikit_learn": ScikitLearn,
    "xgboost": Xgboost,
    "xgboost_algorithm": XgboostAlgorithm,
    "pytorch": Pytorch,
}
