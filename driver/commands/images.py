"""`invoke images`: the container images that the project's jobs and endpoints can use without Docker."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from driver.commands.context import Command
from driver.host.environments import Kept
from driver.host.wording import counted, describe_bytes
from driver.images.environments import image_for
from driver.images.image import Image, read_images
from driver.model.documents import Document
from driver.model.exceptions import WrongUseError


@dataclass(frozen=True, slots=True)
class ImageRequest:
    """What is asked for: one image, by its name or by an image URI; whether to build or to clean."""

    name: str | None = None
    uri: str | None = None
    build: bool = False
    clean: bool = False


class Images(Command):
    """Shows images, makes their environments, removes old ones."""

    def __call__(self, request: ImageRequest) -> None:
        """Do what is asked for, and show the images that it is about."""
        images = read_images(self.context.resources / "images")
        chosen = self._chosen(images, request)
        self.context.write_images()
        if request.build:
            for image in chosen if request.name or request.uri else _own(chosen):
                self.context.make_environment(image)
        removed = self.context.image_environments().remove_unused() if request.clean else []
        found = [(image, self.context.image_environments().find(image)) for image in chosen]
        document: Document = {
            "version": 1,
            "file": str(self.context.images_file),
            "images": [_document(image, kept) for image, kept in found],
            "removed": [_environment(kept) for kept in removed],
        }
        self.console.present(document, lambda: self._show(found, removed, is_whole=len(chosen) == 1))

    def _chosen(self, images: Sequence[Image], request: ImageRequest) -> Sequence[Image]:
        if request.uri:
            image = image_for(images, request.uri)
            if image is None:
                raise WrongUseError(
                    f"No image stands for {request.uri}.",
                    "On the local cloud a Docker engine must have it, or the job fails.",
                    "Add the URI to `uris` in an image.yaml; `invoke images` shows those there are.",
                )
            return [image]
        if not request.name:
            return images
        chosen = [image for image in images if image.name == request.name]
        if not chosen:
            names = ", ".join(image.name for image in images)
            raise WrongUseError(f"There is no image {request.name!r}.", f"There are {names}.")
        return chosen

    def _show(
        self, found: Sequence[tuple[Image, Kept | None]], removed: Sequence[Kept], *, is_whole: bool
    ) -> None:
        for kept in removed:
            self.console.done(f"removed {kept.path} ({describe_bytes(kept.size)})")
        for image, made in found:
            kind = " (ready-made)" if image.is_ready_made else ""
            self.console.say(f"{image.name}{kind}: {image.title}", "bold")
            lines = [f"uris         {', '.join(image.uris)}", f"environment  {_place(image, made)}"]
            if is_whole:
                lines += [
                    f"folder       {image.folder}",
                    f"packages     {image.requirements or 'none'}",
                    *(f"{name:<12} {' '.join(command)}" for name, command in image.programs.items()),
                    f"for AWS      {image.dockerfile if image.dockerfile.is_file() else 'no Dockerfile'}",
                ]
            for line in lines:
                self.console.line(f"  {line}")
        if not is_whole:
            sizes = {made.path: made.size for _, made in found if made}.values()
            self.console.say(
                f"{counted(len(sizes), 'environment')}, {describe_bytes(sum(sizes))}. The first job makes "
                "an environment; so does `invoke images --build --image NAME`."
            )


def _own(images: Sequence[Image]) -> list[Image]:
    return [image for image in images if not image.is_ready_made]


def _place(image: Image, kept: Kept | None) -> str:
    if kept is None:
        return f"not made yet (Python {image.python})"
    return f"{kept.path} (Python {kept.version}, {describe_bytes(kept.size)})"


def _document(image: Image, kept: Kept | None) -> Document:
    return {
        "name": image.name,
        "title": image.title,
        "is_ready_made": image.is_ready_made,
        "folder": str(image.folder),
        "uris": list(image.uris),
        "python": image.python,
        "requirements": _text(image.requirements),
        "programs": {name: list(command) for name, command in image.programs.items()},
        "environment": None if kept is None else _environment(kept),
    }


def _environment(kept: Kept) -> Document:
    return {"path": str(kept.path), "python": kept.version, "bytes": kept.size}


def _text(path: Path | None) -> str | None:
    return None if path is None else str(path)
