"""Lets picamera2 open libcamera's virtual camera: found by PYTHONPATH, in the virtual machine alone.

The virtual camera has no sensor, no raw stream and no memory of a Pi. What it lacks is put in its place when picamera2
is imported; what it has runs as it is. Owns no behaviour of the device.
"""

import importlib.abc
import importlib.util
import queue
import sys
import threading
import types
from collections.abc import Sequence
from importlib.machinery import ModuleSpec
from typing import Any

PICTURES_PER_S = 15.0


class _Anything(type):
    """A class that has every attribute."""

    def __getattr__(cls, name: str) -> Any:
        return _Anything(name, (), {})


class _Absent(types.ModuleType):
    """A module that is imported and never used here: for screens and for raw pictures."""

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return _Anything(name, (), {})


class _Patcher(importlib.abc.Loader):
    """Loads a module as always and changes it before anybody else sees it."""

    def __init__(self, loader: Any) -> None:
        self._loader = loader

    def create_module(self, spec: ModuleSpec) -> types.ModuleType | None:
        """As always."""
        module: types.ModuleType | None = self._loader.create_module(spec)
        return module

    def exec_module(self, module: types.ModuleType) -> None:
        """As always, and then the patch."""
        self._loader.exec_module(module)
        _PATCHES[module.__name__](module)


class _Finder(importlib.abc.MetaPathFinder):
    """Puts the patcher before the modules that need it."""

    def find_spec(
        self,
        name: str,
        path: Sequence[str] | None,  # noqa: ARG002 - the import system's signature
        target: types.ModuleType | None = None,  # noqa: ARG002
    ) -> ModuleSpec | None:
        """The module as everybody finds it, with a loader that patches it."""
        if name not in _PATCHES:
            return None
        sys.meta_path.remove(self)
        try:
            spec = importlib.util.find_spec(name)
        finally:
            sys.meta_path.insert(0, self)
        if spec is not None and spec.loader is not None:
            spec.loader = _Patcher(spec.loader)
        return spec


def _patch_pace(module: Any) -> None:
    """The virtual camera fills a buffer the moment that it gets it: hand them over as a sensor would fill them."""
    camera, waiting = module.Camera, queue.SimpleQueue[tuple[Any, Any, int]]()
    pass_on, stop = camera.queue_request, camera.stop
    # Guards the run's number: what waits from before a stop must not reach the camera after it.
    lock, pause, runs = threading.Lock(), threading.Event(), [0]

    def hand_over() -> None:
        while True:
            owner, request, run = waiting.get()
            pause.wait(1 / PICTURES_PER_S)
            with lock:
                if run == runs[0]:
                    pass_on(owner, request)

    def stop_first(owner: Any) -> Any:
        with lock:
            runs[0] += 1
        return stop(owner)

    camera.queue_request = lambda owner, request: waiting.put((owner, request, runs[0]))
    camera.stop = stop_first
    threading.Thread(target=hand_over, name="pace", daemon=True).start()


def _patch_camera(module: Any) -> None:
    # The whole picture, as if a sensor gave it raw.
    module.Picamera2._get_raw_modes = lambda _: [{"format": "SRGGB10", "size": (640, 480)}]
    # libcamera 0.4's virtual camera leaves a buffer's status as the memory was, so half of its pictures look damaged.
    # picamera2 asks for it as that of the next of a request's buffers: here always this one.
    good = types.SimpleNamespace(status=module.libcamera.FrameMetadata.Status.Success)
    module.next = lambda _: types.SimpleNamespace(metadata=good)


def _patch_heap(module: Any) -> None:
    # A Pi has memory for its camera set aside; here any will do.
    module.heapNames.append("/dev/dma_heap/system")


def _patch_allocator(module: Any) -> None:
    """The virtual camera draws NV12 into two planes; picamera2 tells libcamera of one."""
    libcamera = module.libcamera
    plain = libcamera.FrameBuffer

    class TwoPlanes:
        """What makes a frame buffer of one plane make it of two."""

        Plane = plain.Plane

        def __new__(cls, planes: Sequence[Any]) -> Any:
            (luma,) = planes
            chroma = libcamera.FrameBuffer.Plane()
            chroma.fd, chroma.offset = luma.fd, luma.length * 2 // 3
            chroma.length = luma.length - chroma.offset
            luma.length = chroma.offset  # the same object: its descriptor is how picamera2 knows the buffer
            return plain([luma, chroma])

    seen = types.SimpleNamespace(**{name: getattr(libcamera, name) for name in dir(libcamera) if name[0] != "_"})
    seen.FrameBuffer = TwoPlanes
    module.libcamera = seen


_PATCHES = {
    "libcamera": _patch_pace,
    "picamera2.picamera2": _patch_camera,
    "picamera2.dma_heap": _patch_heap,
    "picamera2.allocators.dmaallocator": _patch_allocator,
}
sys.meta_path.insert(0, _Finder())
for _name in ("pykms", "pidng", "pidng.core", "pidng.camdefs"):
    sys.modules[_name] = _Absent(_name)
