"""The work of a transform job: serve the model, ask it about every object, upload its answers.

Facts of the job are those of the service model and of the developer guide, "Use Your Own Inference Code with
Batch Transform". Each of several instances has the model's containers, and transforms objects of its own.
"""

import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor

from localcloud.containers.container import Image
from localcloud.sagemaker.jobs.batch_instance import Instance
from localcloud.sagemaker.jobs.containers import Containers
from localcloud.sagemaker.jobs.context import JobContext, JobError
from localcloud.sagemaker.jobs.hosts import read_hosts
from localcloud.sagemaker.jobs.invocations import Settings, read_settings
from localcloud.sagemaker.jobs.lifecycle import Ended, Stage
from localcloud.sagemaker.jobs.s3 import DataSource, Found, list_or_explain
from localcloud.sagemaker.jobs.transfer import encrypted, upload_folder
from localcloud.sagemaker.wire.model_container import ModelContainer
from localcloud.sagemaker.wire.requests import structure
from localcloud.sagemaker.wire.s3_uri import S3Uri


class Transformation:
    """One transform job that runs."""

    def __init__(self, context: JobContext) -> None:
        self._context = context
        self._request = context.info.request
        self._results = context.folder / "results"
        self._is_broken = False

    def run(self) -> Ended:
        """Do all of it; of a job that is stopped nothing is uploaded (service model, StopTransformJob)."""
        context, request = self._context, self._request
        model = context.find_model(context.info.caller, request.text("ModelName"))
        if model is None:  # It was there when the job was created.
            raise JobError(f"ClientError: Could not find model '{request.text('ModelName')}'.")
        images = [context.require_image(item.image) for item in model.all]
        context.begin(Stage.DOWNLOADING)
        found = self._find_objects(model)
        places = context.places(read_hosts(structure(request, "TransformResources"))).values()
        instances = [
            Instance(place, number, self._results, self._goes_on) for number, place in enumerate(places)
        ]
        for instance in instances:
            for item in model.all:
                instance.place_model(item)
        if not context.is_wanted():
            return Ended()
        context.begin(Stage.TRAINING)
        failures = self._transform(instances, model, images, found)
        if not context.is_wanted():
            return Ended()
        context.begin(Stage.UPLOADING)
        output = structure(request, "TransformOutput")
        objects = encrypted(context.ports.objects, output.optional_text("KmsKeyId"))
        upload_folder(self._results, S3Uri.parse(output.text("S3OutputPath")), objects)
        return Ended(failures[min(failures)] if failures else None)

    def _transform(
        self,
        instances: Sequence[Instance],
        model: ModelContainer,
        images: Sequence[Image],
        found: Sequence[Found],
    ) -> dict[int, str]:
        """Spread the objects over the instances: each takes the next one when it is done with its last."""
        settings, containers, objects = read_settings(self._request), Containers(), _Shared(found)
        try:
            for instance in instances:
                instance.start(model, images, settings, containers)
            with ThreadPoolExecutor(len(instances)) as pool:
                work = [pool.submit(self._run_one, item, objects, settings) for item in instances]
            return {number: reason for item in work for number, reason in item.result().items()}
        finally:
            for instance in instances:
                instance.close()
            self._context.job.detach()

    def _run_one(self, instance: Instance, objects: "_Shared", settings: Settings) -> dict[int, str]:
        try:
            return instance.transform_all(objects, settings)
        except BaseException:
            self._is_broken = True  # and the others end
            raise

    def _goes_on(self) -> bool:
        return not self._is_broken and self._context.is_wanted()

    def _find_objects(self, model: ModelContainer) -> list[Found]:
        source = structure(self._request, "TransformInput")
        s3 = structure(structure(source, "DataSource"), "S3DataSource")
        data = DataSource(S3Uri.parse(s3.text("S3Uri")), s3.text("S3DataType"))
        region = self._context.info.caller.region
        return list_or_explain(data, self._context.ports.objects, region, model.role_arn)


class _Shared:
    """Objects and their numbers, of which several threads take one after the other."""

    def __init__(self, found: Sequence[Found]) -> None:
        self._left = enumerate(found)
        self._lock = threading.Lock()

    def __iter__(self) -> Iterator[tuple[int, Found]]:
        return self

    def __next__(self) -> tuple[int, Found]:
        with self._lock:
            return next(self._left)


def work(context: JobContext) -> Ended:
    """Do the work of a transform job."""
    return Transformation(context).run()
