"""An endpoint that a workflow has deployed: asked for predictions, deleted."""

from __future__ import annotations

import csv
import io
import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

from driver.api.pages import project_page
from driver.api.session import Session
from driver.commands.predict import Predict, Prediction, read_predictions
from driver.commands.undeploy import Undeploy
from driver.executions.endpoints import choose_endpoint
from driver.model.exceptions import WorkFailedError, WrongUseError

if TYPE_CHECKING:
    from pandas import DataFrame

Rows: TypeAlias = "str | os.PathLike[str] | Sequence[Sequence[object]] | DataFrame"
"""A CSV file, rows of values, or a DataFrame, whose columns become a header."""


class Endpoint:
    """A deployed endpoint; `Project.endpoint` returns it."""

    def __init__(self, session: Session, name: str) -> None:
        self._session = session
        self.name = name

    @property
    def status(self) -> str:
        """SageMaker's status, asked for now: InService, Creating, Failed, ….

        Raises
        ------
        NotDeployedError
            If it is gone.
        """
        with self._session.working():
            return choose_endpoint(self._session.deployed, self.name).status

    def predict(self, rows: Rows) -> list[Prediction]:
        """Ask for a prediction for each row; the model's answer must be like that of our images.

        Raises
        ------
        WorkFailedError
            If the model answers with an error, or in another shape: see `invoke`.
        """
        with self._session.working():
            body = _body(rows)
            if not body.strip():
                raise WrongUseError("There are no rows.", "There is nothing to predict.")
            answer = Predict(self._session.context).ask(self.name, body)
            found = read_predictions(answer)
        if not found:
            raise WorkFailedError(
                f"The answer of endpoint {self.name} has no list of predictions.",
                f"It begins with {answer[:80]!r}.",
                "`Endpoint.invoke` returns the answer as it is.",
            )
        return found

    def invoke(
        self, body: bytes, *, content_type: str = "text/csv", accept: str = "application/json"
    ) -> bytes:
        """Send a body and return the model's answer, as InvokeEndpoint does."""
        with self._session.working():
            hosting = self._session.deployed.connection.hosting
            return hosting.invoke(self.name, body, content_type, accept)

    def delete(self) -> None:
        """Delete it, with its endpoint configuration and models, and wait until it is gone."""
        with self._session.working():
            Undeploy(self._session.context)(self.name, assume_yes=True)

    def __repr__(self) -> str:
        return f"<Endpoint {self.name}>"

    def _repr_html_(self) -> str:
        return project_page(f"Endpoint {self.name}", [("Status", self.status)])


def _body(rows: Rows) -> bytes:
    if isinstance(rows, str | os.PathLike):
        return Path(rows).expanduser().read_bytes()
    if isinstance(rows, Sequence):
        written = io.StringIO()
        csv.writer(written, lineterminator="\n").writerows(rows)
        return written.getvalue().encode()
    return str(rows.to_csv(index=False)).encode()
