"""Figures of health as Prometheus reads them. Gathers none."""

from collections.abc import Iterable, Sequence

from device.web.parts import Figure


def prometheus_text(figures: Sequence[Figure]) -> str:
    """The text format, version 0.0.4; what is no number is left out."""
    # Loaded when somebody asks: most devices are never scraped.
    from prometheus_client import CollectorRegistry, generate_latest  # noqa: PLC0415
    from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric  # noqa: PLC0415
    from prometheus_client.registry import Collector  # noqa: PLC0415

    class Once(Collector):
        """Hands the figures over."""

        def collect(self) -> Iterable[Metric]:
            """One family a name."""
            families: dict[str, CounterMetricFamily | GaugeMetricFamily] = {}
            for figure in figures:
                if figure.value is None or isinstance(figure.value, str):
                    continue
                name = f"shopwarden_{figure.name}"
                kind = CounterMetricFamily if name.endswith("_total") else GaugeMetricFamily
                family = families.setdefault(name, kind(name, figure.text, labels=["part"]))
                family.add_metric([figure.part or ""], float(figure.value))
            return families.values()

    registry = CollectorRegistry(auto_describe=False)
    registry.register(Once())
    return generate_latest(registry).decode()
