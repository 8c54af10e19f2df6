"""What a configuration may say of the page. Does not read files."""

from pathlib import Path
from typing import Self

from pydantic import Field, model_validator

from device.config.table import Table
from device.core.address import is_here


class WebTable(Table):
    """The local page and its API; nobody gets in without a login."""

    serve: bool = Field(True, description="Whether there is a page at all.")
    listen: str = Field(
        "127.0.0.1:8080",
        pattern=r"^[^\s]+:[0-9]{1,5}$",
        description="Address and port to serve on, as `0.0.0.0:8443` for all of the network. Plain HTTP on this "
        "machine's own address alone; anywhere else TLS, with a certificate that is made at the first start.",
    )
    certificate_file: Path | None = Field(None, description="A certificate of your own, PEM, with its chain.")
    key_file: Path | None = Field(None, description="Its key, PEM.")
    session_h: float = Field(168.0, ge=0.1, le=2160.0, description="How long a login lasts, hours.")
    metrics_token_file: Path | None = Field(
        None, description="File whose first line lets a Prometheus read `/metrics`, as a bearer token."
    )

    @model_validator(mode="after")
    def _whole(self) -> Self:
        if (self.certificate_file is None) != (self.key_file is None):
            raise ValueError("certificate_file and key_file go together")
        if self.port > 65535:
            raise ValueError(f"listen: there is no port {self.port}; they end at 65535")
        return self

    @property
    def host(self) -> str:
        """The address without its port."""
        return self.listen.rpartition(":")[0].strip("[]")

    @property
    def port(self) -> int:
        """The port."""
        return int(self.listen.rpartition(":")[2])

    @property
    def only_here(self) -> bool:
        """Whether nobody but this machine can reach it; only there may it be without TLS."""
        return is_here(self.host)

    @property
    def tls(self) -> bool:
        """Whether it is served by TLS."""
        return not self.only_here or self.certificate_file is not None
