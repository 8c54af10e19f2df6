import contextlib
import io
import itertools
import os
import threading
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from device.capture.encoder import SoftEncoder
from device.capture.mode import Mode
from device.capture.orders import UseMasks
from device.capture.pace import Pace
from device.capture.packet_pipe import Gap, Masked, PacketPost, PipeItem, encode_item, read_item
from device.capture.packet_ring import Run
from device.capture.packet_store import PacketStore
from device.capture.process import CameraProcess
from device.capture.recording import Copying, make_recording
from device.capture.request import CameraRequest, Polygon, RecordWish
from device.capture.scene import Scene
from device.capture.synthetic import SyntheticSource
from device.clock import SystemClock
from device.core.packet import EncodedPacket, StreamInfo
from device.errors import CameraError
from tests.capture.clips import write_clip

PATIENCE_S = 20.0
LEFT_HALF: Polygon = ((0.0, 0.0), (0.5, 0.0), (0.5, 1.0), (0.0, 1.0))
ticks = st.integers(-(2**62), 2**62)
items: st.SearchStrategy[PipeItem] = st.one_of(
    st.builds(StreamInfo, st.sampled_from(["h264", "mpeg4"]), st.integers(0, 4000), st.integers(0, 4000), st.binary()),
    st.builds(
        Masked,
        st.builds(EncodedPacket, st.binary(max_size=3000), st.floats(0, 1e9), ticks, ticks, st.booleans()),
        st.integers(0, 2**32 - 1),
    ),
    st.builds(Gap, st.integers(0, 2**31)),
)


def heard(data: bytes) -> list[PipeItem]:
    """What comes out of a pipe into which this is written."""
    reader, writer = os.pipe()

    def write() -> None:
        with os.fdopen(writer, "wb") as out:
            out.write(data)

    thread = threading.Thread(target=write)
    thread.start()
    try:
        got = []
        while (item := read_item(reader)) is not None:
            got.append(item)
        return got
    finally:
        os.close(reader)
        thread.join()


@given(st.lists(items, max_size=5), st.integers(0, 30))
def test_items_arrive_as_they_were_sent(sent: list[PipeItem], cut: int) -> None:
    """Whole or not at all."""
    whole = b"".join(map(encode_item, sent))
    assert heard(whole) == sent
    if sent and cut:
        assert heard(whole[:-cut]) == sent[: len(heard(whole[:-cut]))]


def test_noise_is_no_packet() -> None:
    """Another program on the pipe is an error, not a crash."""
    with pytest.raises(CameraError, match="another language"):
        heard(b"\xff" * 100)


def test_a_full_pipe_costs_packets_and_no_time() -> None:
    """Nobody reads: what does not fit is dropped up to a keyframe, and the reader is told of the gap."""
    reader, writer = os.pipe()
    post = PacketPost(writer)
    post.begin(StreamInfo("h264", 64, 48))
    for index in range(1000):
        post.put(EncodedPacket(bytes(20_000), index / 10, index, index, index % 10 == 0), 0)
    got: list[EncodedPacket] = []
    dropped = 0
    done = threading.Event()
    clock = SystemClock()

    def resume() -> None:
        for index in range(1000, 1020):
            while post._waiting.full():
                clock.wait(0.01)
            post.put(EncodedPacket(b"last", index / 10, index, index, index % 10 == 0), 0)
        done.set()

    threading.Thread(target=resume, daemon=True).start()
    while not got or got[-1].pts < 1019:
        item = read_item(reader)
        if isinstance(item, Gap):
            dropped += item.dropped
        elif isinstance(item, Masked):
            if got and item.packet.pts != got[-1].pts + 1:
                assert item.packet.keyframe
            got.append(item.packet)
    assert dropped > 500
    assert dropped + len(got) == 1020
    assert done.wait(PATIENCE_S)
    os.close(reader)
    os.close(writer)


def shown(store: PacketStore) -> list[tuple[float, av.VideoFrame]]:
    """All pictures of a store, decoded, with their times."""
    run = store.since(0.0)
    assert run is not None
    return decoded(run)


def decoded(run: Run) -> list[tuple[float, av.VideoFrame]]:
    """The pictures of a run with their times, s."""
    context = av.CodecContext.create(run.info.codec, "r")
    assert isinstance(context, av.VideoCodecContext)
    context.extradata = run.info.extradata or None
    pictures = []
    for packet in [*run.packets, None]:
        raw = None
        if packet is not None:
            raw = av.Packet(packet.data)
            raw.pts, raw.dts = packet.pts, packet.dts
        pictures += [(picture.pts / 90_000, picture) for picture in context.decode(raw) if picture.pts is not None]
    return pictures


def recorded(request: CameraRequest, pictures: int, masks: dict[int, str] | None = None) -> PacketStore:
    """The packets of a camera that has delivered so many pictures."""
    store = PacketStore(60.0, 50_000_000)
    with contextlib.closing(CameraProcess("door", request, packets=store)) as camera:
        for index in range(pictures):
            frame = camera.next(PATIENCE_S)
            assert frame is not None
            camera.release(frame)
            if masks and index in masks:
                store.after(0, PATIENCE_S)  # else the change could void all that came before
                camera.use_masks(masks[index])
        # What is still in the pipe belongs to pictures that came already.
        assert frame is not None
        run = store.after(0, PATIENCE_S)
        while run is not None and run.packets and run.packets[-1].t < frame.t - 0.001:
            run = store.after(run.next, PATIENCE_S)
    return store


@pytest.fixture
def clip(tmp_path: Path) -> str:
    """A looping clip of ten pictures a second, a keyframe in four."""
    path = write_clip(tmp_path / "clip.mp4", codec="libx264", pictures=20)
    return f"file:{path}?loop=1"


def test_a_file_is_copied_packet_by_packet(clip: str) -> None:
    """Nothing is encoded: the packets decode to the clip's pictures, on the pictures' clock."""
    store = recorded(CameraRequest(clip, record=RecordWish(how="copy")), 25)
    times = [t for t, _ in shown(store)]
    assert len(times) >= 20
    assert np.diff(times) == pytest.approx([0.1] * (len(times) - 1), abs=0.03)
    assert abs(times[-1] - SystemClock().monotonic()) < PATIENCE_S


@pytest.mark.parametrize("how", ["auto", "encode", "copy"])
def test_masks_force_the_encoder(clip: str, how: str) -> None:
    """Whatever was asked for: what is recorded was masked before, in every picture."""
    request = CameraRequest(clip, Mode.REPLAY, masks=(LEFT_HALF,), record=RecordWish(how=how))  # type: ignore[arg-type]
    pictures = shown(recorded(request, 20))
    assert len(pictures) >= 15
    for _, picture in pictures:
        luma = picture.to_ndarray(format="gray")
        assert luma[:, :30].max() < 12
        assert luma[:24, 36:].max() > 40 or luma[26:, 36:].max() > 40


def test_no_packet_survives_a_change_of_masks_that_shows_what_is_masked_now(clip: str) -> None:
    """The first picture after the change is a keyframe, so that no decoder needs one from before."""
    request = CameraRequest(clip, Mode.REPLAY, extra_masks={"night": (LEFT_HALF,)}, record=RecordWish(how="auto"))
    store = recorded(request, 30, {9: "night"})
    run = store.since(0.0)
    assert run is not None
    masked = [bool(picture.to_ndarray(format="gray")[:, :30].max() < 12) for _, picture in decoded(run)]
    assert masked == sorted(masked)
    assert masked[-1]
    assert not masked[0]
    keyframes = [index for index, packet in enumerate(run.packets) if packet.keyframe]
    assert masked.index(True) in keyframes


def test_what_cannot_be_copied_is_refused_with_its_reason(tmp_path: Path) -> None:
    """A drawn scene has no packets; MPEG-4 part 2 nobody plays. auto encodes both."""
    old = f"file:{write_clip(tmp_path / 'old.mp4', codec='mpeg4', pictures=20)}?loop=1"
    for line, words in (("synthetic:?loop=1", "no packets of its own"), (old, "codec that players do not know")):
        with pytest.raises(CameraError, match=words):
            recorded(CameraRequest(line, Mode.REPLAY, record=RecordWish(how="copy")), 1)
        run = recorded(CameraRequest(line, Mode.REPLAY, record=RecordWish(how="auto")), 5).since(0.0)
        assert run is not None
        assert run.info.codec == "h264"


@pytest.mark.parametrize("how", ["auto", "encode"])
def test_without_an_encoder_a_guard_sees_and_does_not_record(how: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Unless the recording was asked for in so many words: then it is an error."""
    monkeypatch.setattr("device.capture.encoder._CODECS", (("no-such-encoder", {}),))
    told: list[str] = []
    request = CameraRequest("synthetic:", record=RecordWish(how=how))  # type: ignore[arg-type]
    source = SyntheticSource(Scene(), Pace(Mode.REPLAY, SystemClock()), loop=False)
    reader, writer = os.pipe()
    try:
        if how == "encode":
            with pytest.raises(CameraError, match=r"no H\.264 encoder"):
                make_recording(source, request, (64, 48), PacketPost(writer), told.append)
        else:
            made = make_recording(source, request, (64, 48), PacketPost(writer), told.append)
            assert not made.wants_pictures
            assert "is not recorded" in told[0]
    finally:
        os.close(reader)
        os.close(writer)


def test_a_run_is_a_clip_that_plays(clip: str, tmp_path: Path) -> None:
    """Copied into MP4 as a recorder does it: the number of pictures and their times are right."""
    for how in ("copy", "encode"):
        request = CameraRequest(clip, Mode.REPLAY, record=RecordWish(how=how, keyframe_s=0.5))
        run = recorded(request, 25).since(0.0)
        assert run is not None
        path = tmp_path / f"{how}.mp4"
        write_mp4(run, path)
        with av.open(str(path)) as container:
            times = [picture.time or 0.0 for picture in container.decode(video=0)]
        assert len(times) == len(run.packets)
        assert np.diff(times) == pytest.approx(np.diff([packet.t for packet in run.packets]), abs=0.002)


def write_mp4(run: Run, path: Path) -> None:
    """What the recorder does with a run."""
    with av.open(str(path), "w") as container:
        with av.open(io.BytesIO(run.packets[0].data), format=run.info.codec) as first:
            stream = container.add_stream_from_template(first.streams.video[0])
        zero = run.packets[0].dts
        for packet in run.packets:
            raw = av.Packet(packet.data)
            raw.stream, raw.time_base = stream, Fraction(1, 90_000)
            raw.duration = 9000  # without one the last picture lasts for nothing, and some readers leave it out
            raw.pts, raw.dts, raw.is_keyframe = packet.pts - zero, packet.dts - zero, packet.keyframe
            container.mux(raw)


@given(st.lists(st.floats(0.001, 0.4), min_size=1, max_size=40), st.floats(0.2, 3.0))
def test_keyframes_come_in_time(steps: list[float], keyframe_s: float) -> None:
    """Whatever the rate: one packet a picture, with its time, and no wait for a keyframe beyond what was asked."""
    encoder = SoftEncoder(32, 32, 10.0, RecordWish(keyframe_s=keyframe_s))
    picture = np.full((48, 32), 90, np.uint8)
    times = list(itertools.accumulate(steps))
    packets = [packet for t in times for packet in encoder.encode(picture, t)]
    assert [packet.t for packet in packets] == pytest.approx(times, abs=0.001)
    assert packets[0].keyframe
    last_key_t = times[0]
    for before, packet in itertools.pairwise(packets):
        if packet.keyframe:
            last_key_t = packet.t
        else:
            assert packet.t < last_key_t + keyframe_s
        assert packet.dts > before.dts


class MaskingSource:
    """A source with an encoder behind its own masks, as the Pi's camera; drawn by the synthetic one otherwise."""

    def __init__(self) -> None:
        self.waiting: list[EncodedPacket] = []

    def stream(self) -> StreamInfo | None:
        """H.264."""
        return StreamInfo("h264", 64, 48)

    def packets(self) -> list[EncodedPacket]:
        """What was laid there."""
        taken, self.waiting = self.waiting, []
        return taken


def test_packets_from_before_a_change_of_masks_are_held_back() -> None:
    """Those that the source's encoder still had, and those that depend on them, up to the next keyframe."""
    reader, writer = os.pipe()
    source, post = MaskingSource(), PacketPost(writer)
    post.begin(StreamInfo("h264", 64, 48))
    copying = Copying(source, post)
    copying.use_masks(UseMasks(0, 0), 0.0)
    for index in range(12):
        source.waiting.append(EncodedPacket(b"%d" % index, float(index), index, index, index % 4 == 0))
        if index == 5:
            copying.use_masks(UseMasks(1, 1), 6.5)
        copying.collect()
    os.set_blocking(reader, True)
    got: list[tuple[int, int]] = []
    while len(got) < 9:
        item = read_item(reader)
        if isinstance(item, Masked):
            got.append((item.packet.pts, item.masks))
    os.close(reader)
    assert got == [*((index, 0) for index in range(5)), *((index, 1) for index in range(8, 12))]
