"""A real Home Assistant, a real broker and the service: what is found, obeyed, lost and found again."""

import argparse
import contextlib
import json
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from bench.fault_table import commit, put_section
from bench.fault_watch import MQTT
from device.clock import SystemClock
from device.core.home_assistant import config_topic
from device.guard.codes import Codes
from tests.device.daemon import Daemon
from tests.device.drawn import write_config, write_scene
from tests.house import ROOT
from tests.sinks.broker import PASSWORD, USER, Listener, Mosquitto, free_port

REPORT = ROOT / "docs" / "measured" / "home-assistant.md"
GUIDE = ROOT / "docs" / "guide" / "home-assistant.md"
PATIENCE_S = 180.0
PIN = "4711"
OURS = "shop_1_"
EXTRA = """  [[cameras.zones]]
  id = "counter"
  polygon = [[0.0, 0.0], [0.3, 0.0], [0.3, 0.3], [0.0, 0.3]]

"""
SIREN = '[pins]\nfactory = "mock"\noutputs = [{ id = "siren", pin = 17 }]\n'
CONFIGURATION = """homeassistant:
  name: Rig
  latitude: 0
  longitude: 0
  unit_system: metric
  time_zone: UTC
http:
  server_host: 127.0.0.1
  server_port: {port}
logger:
  default: warning
"""
IN_ROOT = 'mount -t proc proc "$0/proc"; mount --bind /dev "$0/dev"; exec chroot "$0" "$@"'


class HomeAssistant:
    """Its core, set up by its own page's calls; ended in any case by ``close``."""

    def __init__(self, root: Path, work: Path) -> None:
        """Start it for the first time, and tell it who lives here."""
        self._root, self._port, self.log = root, free_port(), work / "home-assistant.log"
        self._config = root / "srv" / "guard"
        shutil.rmtree(self._config, ignore_errors=True)
        self._config.mkdir(parents=True)
        (self._config / "configuration.yaml").write_text(CONFIGURATION.format(port=self._port), encoding="ascii")
        self._opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        self._token: str | None = None
        self._process: subprocess.Popen[bytes]
        self.start()
        place = f"http://127.0.0.1:{self._port}/"
        owner = {"client_id": place, "name": "Rig", "username": "rig", "password": "rig-secret", "language": "en"}
        code = self.ask("/api/onboarding/users", owner)["auth_code"]
        grant = {"client_id": place, "grant_type": "authorization_code", "code": code}
        self._token = str(self.ask("/auth/token", grant, form=True)["access_token"])

    def start(self) -> None:
        """Run it, and wait until it answers."""
        command = ["unshare", "-m", "sh", "-c", IN_ROOT, str(self._root), "/opt/ha/bin/python", "-m", "homeassistant"]
        environment = {"PATH": "/opt/ha/bin:/usr/sbin:/usr/bin:/sbin:/bin", "HOME": "/root", "LANG": "C.UTF-8"}
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                [*command, "-c", "/srv/guard", "--log-no-color", "--skip-pip"],
                stdout=log, stderr=subprocess.STDOUT, env=environment, start_new_session=True,
            )  # fmt: skip
        until(self._answers, "an answer of Home Assistant", 400.0)

    def stop(self) -> None:
        """End it in peace."""
        self._process.send_signal(signal.SIGTERM)
        try:
            self._process.wait(60.0)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def use_broker(self, port: int) -> None:
        """Add the MQTT integration."""
        flow = self.ask("/api/config/config_entries/flow", {"handler": "mqtt", "show_advanced_options": False})
        answer = {"broker": "127.0.0.1", "port": port, "username": USER, "password": PASSWORD}
        done = self.ask(f"/api/config/config_entries/flow/{flow['flow_id']}", answer)
        if done.get("type") != "create_entry":
            raise SystemExit(f"Home Assistant does not take the broker: {done}")

    def states(self) -> dict[str, dict[str, Any]]:
        """Our entities by their names."""
        every = {it["entity_id"]: it for it in self.ask("/api/states")}
        return {name: it for name, it in every.items() if name.partition(".")[2].startswith(OURS)}

    def call(self, service: str, entity: str, **more: Any) -> None:
        """Call a service, as a person or an automation does."""
        self.ask(f"/api/services/{service}", {"entity_id": entity, **more})

    def ask(self, path: str, data: dict[str, Any] | None = None, *, form: bool = False) -> Any:
        """One request of its interface."""
        headers = {"Authorization": f"Bearer {self._token}"} if self._token else {}
        body = None
        if data is not None:
            body = urllib.parse.urlencode(data).encode() if form else json.dumps(data).encode()
            headers |= {} if form else {"Content-Type": "application/json"}
        request = urllib.request.Request(f"http://127.0.0.1:{self._port}{path}", body, headers)
        with self._opener.open(request, timeout=60.0) as answer:
            return json.loads(answer.read())

    def complaints(self) -> list[str]:
        """Errors about what we sent."""
        lines = self.log.read_text(encoding="utf-8").splitlines()
        return [line for line in lines if " ERROR " in line and ("mqtt" in line or "shopwarden" in line)]

    def _answers(self) -> bool:
        if self._process.poll() is not None:
            raise SystemExit(self.log.read_text(encoding="utf-8")[-3000:])
        try:
            self.ask("/api/onboarding") if self._token is None else self.ask("/api/")
        except (OSError, ValueError):
            return False
        return True


def until(true: Callable[[], Any], what: str, patience_s: float = PATIENCE_S) -> float:
    """Wait for something; how long it took, s."""
    clock, poll = SystemClock(), threading.Event()
    begun = clock.monotonic()
    while clock.monotonic() < begun + patience_s:
        if true():
            return clock.monotonic() - begun
        poll.wait(0.1)
    raise SystemExit(f"no {what} in {patience_s:.0f} s")


def tell_guard(folder: Path, port: int, *, counter: bool) -> Path:
    """A configuration with one zone or two."""
    password = folder / "mqtt.password"
    password.write_text(PASSWORD, encoding="ascii")
    (folder / "state").mkdir(exist_ok=True)
    Codes(folder / "state" / "panel-pins").set("anna", PIN)
    more = SIREN + MQTT.format(port=port, user=USER, password=password)
    # Long enough apart for the zone to be empty between two of them.
    config = write_config(folder, source=write_scene(folder, every_s=12.0), more=more)
    if counter:
        text = config.read_text(encoding="utf-8")
        config.write_text(text.replace("  [[cameras.lines]]", EXTRA + "  [[cameras.lines]]"), encoding="utf-8")
    return config


class Story:
    """What was seen, step by step."""

    def __init__(self, ha: HomeAssistant) -> None:
        self.ha, self.rows = ha, list[str]()
        self.entities: dict[str, dict[str, Any]] = {}

    def see(self, what: str, true: Callable[[], Any]) -> None:
        """Wait until Home Assistant shows something, and note how long that took."""
        took = until(true, what)
        self.rows.append(f"| {what} | {took:.1f} s |")
        print(self.rows[-1], flush=True)

    def state(self, entity: str) -> str | None:
        """As Home Assistant has it; None where it is gone."""
        found = self.ha.states().get(entity)
        return None if found is None else str(found["state"])

    def available(self) -> bool:
        """Whether all of the first list are there."""
        states = self.ha.states()
        return all(states.get(it, {}).get("state", "unavailable") != "unavailable" for it in self.entities)

    def find(self, listener: Listener) -> None:
        """Every component that the device named is an entity."""
        named: dict[str, Any] = {}
        while not named:
            topic, payload, _ = listener.next()
            if topic == config_topic("homeassistant", "shop-1"):
                named = json.loads(payload)["components"]
        self.see(f"{len(named)} entities found, as many as were named", lambda: len(self.ha.states()) == len(named))
        self.entities = self.ha.states()
        self.see("all of them available", self.available)
        self.entities = self.ha.states()

    def obey(self) -> None:
        """Panel, switch, siren and button reach the device and come back as states."""
        panel, ha = f"alarm_control_panel.{OURS}alarm", self.ha
        ha.call("alarm_control_panel/alarm_disarm", panel, code=PIN)
        self.see("disarmed by its keypad with the PIN", lambda: self.state(panel) == "disarmed")
        ha.call("alarm_control_panel/alarm_arm_home", panel)
        self.see("armed (home) by its panel", lambda: self.state(panel) == "armed_home")
        ha.call("alarm_control_panel/alarm_disarm", panel, code="0000")
        siren = f"siren.{OURS}siren"
        ha.call("siren/turn_on", siren)
        self.see("siren on by its switch, after a wrong PIN changed nothing", lambda: self.state(siren) == "on")
        self.see("the panel shows the alarm", lambda: self.state(panel) == "triggered")
        ha.call("alarm_control_panel/alarm_disarm", panel, code=PIN)
        self.see(
            "siren off and disarmed by the PIN", lambda: (self.state(siren), self.state(panel)) == ("off", "disarmed")
        )
        image, button = (
            next((it for it in self.entities if it.startswith("image.")), ""),
            f"button.{OURS}picture_of_aisle",
        )
        before = self.state(image)
        ha.call("button/press", button)
        self.see("a new picture by its button", lambda: self.state(image) not in (None, before, "unknown"))
        event = f"event.{OURS}event"
        seen = self.state(event)
        self.see("an event entity that moves", lambda: self.state(event) not in (None, seen, "unknown"))
        zone = f"binary_sensor.{OURS}aisle_floor"
        self.see("somebody in the zone", lambda: self.state(zone) == "on")
        self.see("nobody in the zone", lambda: self.state(zone) == "off")

    def gone(self) -> bool:
        """Whether all are unavailable."""
        states = self.ha.states()
        return bool(states) and all(it["state"] == "unavailable" for it in states.values())


def play(root: Path, folder: Path, keep: list[Story]) -> Story:
    """The whole story."""
    with contextlib.ExitStack() as stack:
        broker = Mosquitto(folder).start()
        stack.callback(broker.kill)
        ha = HomeAssistant(root, folder)
        stack.callback(ha.stop)
        ha.use_broker(broker.port)
        story = Story(ha)
        keep.append(story)
        listener = Listener(broker.port)
        stack.callback(listener.close)
        with Daemon(tell_guard(folder, broker.port, counter=True), watchdog_s=60.0) as daemon:
            daemon.ready()
            story.find(listener)
            story.obey()
            daemon.send(signal.SIGKILL)
            daemon.process.wait()
            story.see("all unavailable after SIGKILL", story.gone)
        with Daemon(tell_guard(folder, broker.port, counter=False), watchdog_s=60.0) as daemon:
            daemon.ready()
            zone = f"binary_sensor.{OURS}aisle_counter"
            story.see("a zone that was taken out has disappeared", lambda: story.state(zone) is None)
            left = ha.states()
            story.entities, every = left, story.entities
            story.see("the others available again", story.available)
            ha.stop()
            ha.start()
            story.see("all found again after Home Assistant restarts", story.available)
            broker.kill()
            broker.start()
            story.see("all available after the broker lost what it held", story.available)
            ha.stop()
            ha.start()
            story.see("and after another restart of Home Assistant, from what was said again", story.available)
            story.entities = every
            if daemon.end() != 0:
                raise SystemExit("the service did not end in peace")
        story.see("all unavailable after SIGTERM", story.gone)
        if ha.complaints():
            raise SystemExit("\n".join(ha.complaints()))
        return story


def _list(entities: dict[str, dict[str, Any]]) -> Iterator[str]:
    yield "| entity | its name |"
    yield "|-|-|"
    for name, it in sorted(entities.items()):
        yield f"| `{name}` | {it['attributes'].get('friendly_name', '')} |"


def main(arguments: list[str]) -> int:
    """Play it and write what was seen."""
    parser = argparse.ArgumentParser(prog="make ha", description=__doc__)
    parser.add_argument("--root", type=Path, required=True, help="a Debian with Home Assistant in /opt/ha")
    parser.add_argument("--report", action="store_true", help="write the pages")
    options = parser.parse_args(arguments)
    keep: list[Story] = []
    with tempfile.TemporaryDirectory(prefix="ha-") as folder:
        try:
            story = play(options.root.resolve(), Path(folder), keep)
        except SystemExit:
            for it in keep:
                print(json.dumps({name: state["state"] for name, state in it.ha.states().items()}, indent=1))
            raise
        finally:
            log = Path(folder) / "home-assistant.log"
            print(log.read_text(encoding="utf-8")[-3000:] if log.exists() else "", file=sys.stderr)
    head = f"`make ha`, Home Assistant 2026.2.3, mosquitto and `shopwarden run` on one machine, commit {commit()}."
    text = "\n".join(
        [
            head,
            "Its log held no error about what the device sent.",
            "",
            "| seen in Home Assistant | after |",
            "|-|-|",
            *story.rows,
        ]
    )
    if options.report:
        REPORT.write_text(f"# Home Assistant\n\n{text}\n", encoding="utf-8")
        lines = [
            "Of a device `shop-1` with a camera `aisle`, a line, two zones and a siren, by `make ha`",
            "([measured](../measured/home-assistant.md)):",
            "",
        ]
        put_section(GUIDE, "Entities", "\n".join([*lines, *_list(story.entities)]))
    print(text)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
