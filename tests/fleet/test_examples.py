"""What else is shipped for a fleet can be read, and fits what devices say."""

import json
import re
import tomllib
from typing import Any

from device.core.event import Event
from tests.fleet.brokers import EXAMPLES, ROOT


def test_telegraf_reads_what_devices_say() -> None:
    """Each path is a field of an event; what may be missing there may be missing here."""
    config: dict[str, Any] = tomllib.loads((EXAMPLES / "telegraf.conf").read_text(encoding="utf-8"))
    (consumer,) = config["inputs"]["mqtt_consumer"]
    assert consumer["topics"] == ["shopwarden/+/event"]
    assert consumer["qos"] == 1
    assert consumer["persistent_session"]
    (parser,) = consumer["json_v2"]
    paths = {it["path"]: it for it in (*parser["tag"], *parser["field"])}
    schema = json.loads((ROOT / "docs" / "reference" / "event.schema.json").read_text(encoding="utf-8"))
    known = schema["properties"]
    assert {*paths, parser["timestamp_path"]} <= known.keys()
    assert {*paths} <= {*Event.__dataclass_fields__, "v"}
    nullable = {name for name in paths if "null" in str(known[name])}
    assert {name for name, it in paths.items() if it.get("optional")} == nullable
    assert config["outputs"]["postgresql"]


def test_node_red_is_wired() -> None:
    """Every wire and every reference leads to a node of the flow."""
    nodes = json.loads((EXAMPLES / "node-red.json").read_text(encoding="utf-8"))
    ids = {node["id"] for node in nodes}
    assert len(ids) == len(nodes)
    for node in nodes:
        wanted = {target for output in node.get("wires", []) for target in output}
        wanted |= {node[name] for name in ("z", "broker", "tls") if name in node and node["type"] != "mqtt-broker"}
        wanted |= {node["tls"]} if node["type"] == "mqtt-broker" else set()
        assert wanted <= ids, node["id"]
    assert {node["topic"] for node in nodes if node["type"] == "mqtt in"} == {
        "shopwarden/+/event",
        "shopwarden-shops/+",
    }


def test_answers_are_known() -> None:
    """The installer knows every answer of the examples."""
    table = (ROOT / "systemd" / "lib" / "answers.sh").read_text(encoding="utf-8")
    known = set(re.findall(r"(?m)^([a-z_]+)\|", table))
    common = re.findall(r"(?m)^([a-z_]+) = ", (EXAMPLES / "answers").read_text(encoding="utf-8"))
    own = re.findall(r"\s([a-z_]+)=", (EXAMPLES / "devices").read_text(encoding="utf-8"))
    assert common
    assert own
    assert {*common, *own} <= known
