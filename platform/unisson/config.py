"""Every setting, declared once: its name, what it is when nobody says, and what it means.

`Settings.from_environ` reads the environment one single time; the table in the README is rendered from the same
declarations (`unisson settings --markdown`).
"""

import dataclasses
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Self, TypeVar, cast
from urllib.parse import urlsplit

from unisson import settings_rules as rules
from unisson.database_roles import role_password, role_url
from unisson.kept_secret import kept_push_key, kept_secret
from unisson.plain_connections import KINDS, refuse_plain
from unisson.settings_rules import BadValue, SettingError

__all__ = ["SettingError", "Settings", "markdown_table", "role_password", "role_url"]

T = TypeVar("T")


def _setting(default: str, meaning: str, read: Callable[[str], T], *, shown: str = "", secret: bool = False) -> T:
    metadata = {"default": default, "shown": shown or default, "meaning": meaning, "read": read}
    # A field declaration stands for the value it will hold, as in dataclasses.field itself. What may hold a password
    # stays out of the representation, hence out of logs and tracebacks.
    return cast("T", dataclasses.field(metadata=metadata, repr=not secret))


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What the process was told by its environment; nothing else in the product reads environment variables."""

    environment: str = _setting(
        "development",
        "`development`, `production` or `test`; production refuses what is only safe on one’s own machine.",
        rules.choice("development", "production", "test"),
    )
    host: str = _setting("127.0.0.1", "Address the web server listens on.", rules.host)
    port: int = _setting("8000", "Port the web server listens on.", rules.whole(1, 65535))
    base_url: str = _setting(
        "",
        "Address people type; links in e-mails start with it. `https` in production.",
        rules.web_url,
        shown="http://127.0.0.1:PORT",
    )
    trusted_hosts: tuple[str, ...] = _setting(
        "",
        "Further host names to answer for, comma list; the one of BASE_URL always is.",
        rules.host_names,
        shown="the host of BASE_URL",
    )
    trusted_proxies: int = _setting(
        "0", "How many reverse proxies stand in front and set `X-Forwarded-*`.", rules.whole(0, 10)
    )
    secret_key: str = _setting(
        "",
        "Signs sessions and links, and derives the passwords of the database roles; at least 32 characters.",
        rules.secret,
        shown="random, kept in DATA_DIR",
        secret=True,
    )
    vault_keys: tuple[str, ...] = _setting(
        "",
        "Keys that stored credentials are encrypted with, comma list of 32 characters each: the first encrypts, all"
        " decrypt; `unisson vault rotate` brings everything under the first.",
        rules.keys,
        shown="SECRET_KEY",
        secret=True,
    )
    database_url: str = _setting(
        "",
        "PostgreSQL, as the owner: migrations only.",
        rules.database_url,
        shown="an embedded PostgreSQL 18 in DATA_DIR",
        secret=True,
    )
    backup_database_url: str = _setting(
        "",
        "PostgreSQL, as a role that sees every agency (`unisson_backup`, or a superuser): backups only.",
        rules.database_url,
        shown="DATABASE_URL",
        secret=True,
    )
    database_web_url: str = _setting(
        "",
        "PostgreSQL, as `unisson_web`.",
        rules.database_url,
        shown="from DATABASE_URL and SECRET_KEY",
        secret=True,
    )
    database_worker_url: str = _setting(
        "",
        "PostgreSQL, as `unisson_worker`.",
        rules.database_url,
        shown="from DATABASE_URL and SECRET_KEY",
        secret=True,
    )
    database_dispatch_url: str = _setting(
        "",
        "PostgreSQL, as `unisson_dispatch`.",
        rules.database_url,
        shown="from DATABASE_URL and SECRET_KEY",
        secret=True,
    )
    valkey_url: str = _setting(
        "",
        "Valkey or Redis: `redis://`, `rediss://` or `unix://`.",
        rules.valkey_url,
        shown="an embedded Valkey in DATA_DIR",
        secret=True,
    )
    mail_url: str = _setting(
        "mailbox:",
        "Outgoing mail: `smtp://user:password@host:port`, `smtps://…`, or `mailbox:` to read it at /dev/mail.",
        rules.mail_url,
        secret=True,
    )
    mail_from: str = _setting("Unisson <unisson@localhost>", "Sender of the e-mails.", rules.sender)
    inbound_mail_url: str = _setting(
        "",
        "Mailbox of answers to threads, read every half minute: `imaps://user:password@host:port/folder`.",
        rules.inbound_url,
        shown="none",
        secret=True,
    )
    inbound_address: str = _setting(
        "", "Address of that mailbox; it must take `name+anything@`.", rules.inbound_address, shown="none"
    )
    storage_url: str = _setting(
        "",
        "Where files are kept: `file:///folder`, or `s3://key:secret@bucket/prefix?endpoint=https://…&region=…`;"
        " a wrong key or bucket stops the start.",
        rules.storage_url,
        shown="DATA_DIR/media",
        secret=True,
    )
    media_quota: int = _setting(
        "20",
        "Gigabytes of media and files that an agency may keep, unless its row says (`agencies.media_quota`, bytes).",
        rules.whole(1, 1_000_000),
    )
    data_dir: Path = _setting(  # noqa: RUF009 - a field declaration, never a shared value
        ".data", "Folder of what is kept on this machine.", rules.folder
    )
    live_port: int = _setting(
        "",
        "Port the process of live changes listens on.",
        rules.whole_or_unsaid(1, 65535),
        shown="PORT + 1",
    )
    live_url: str = _setting(
        "",
        "Address under which browsers reach that process; without one, pages show changes when they are loaded anew.",
        rules.web_url,
        shown="http://127.0.0.1:LIVE_PORT, none in production",
    )
    video_megabytes: int = _setting("200", "Most megabytes of a video that people add.", rules.whole(1, 2000))
    video_minutes: int = _setting("10", "Most minutes that such a video may last.", rules.whole(1, 180))
    web_workers: int = _setting("2", "Web processes.", rules.whole(1, 64))
    web_threads: int = _setting("4", "Threads of each web process.", rules.whole(1, 64))
    publish_threads: int = _setting("16", "Deliveries that one publishing worker sends at once.", rules.whole(1, 256))
    lateness_limit: int = _setting(
        "900",
        "Seconds after which a delivery that could not leave on time is held for a person to decide.",
        rules.whole(1, 86400),
    )
    outbound_allow: tuple[str, ...] = _setting(
        "",
        "Private addresses that channels may call all the same: comma list of host:port or CIDR.",
        rules.addresses,
        shown="none",
    )
    outbound_only: tuple[str, ...] = _setting(
        "",
        "The only hosts that agencies’ channels, providers, rooms and pages may be called at, comma list;"
        " `*.example.org` for all below one.",
        rules.host_patterns,
        shown="any public one",
    )
    plain_connections: tuple[str, ...] = _setting(
        "",
        "Servers elsewhere that may be called without TLS, comma list of `database`, `valkey`, `mail`, `files`,"
        " `clamd`: only where the network is private to these machines.",
        rules.some_of(*KINDS),
        shown="none",
    )
    push_private_key: str = _setting(
        "",
        "Private key (P-256, base64url) that signs browsers’ notifications; `unisson push-key` makes one. Without one"
        " there are none.",
        rules.push_key,
        shown="random, kept in DATA_DIR; none in production",
        secret=True,
    )
    clamd_address: str = _setting(
        "",
        "ClamAV’s daemon, `unix:/folder/clamd.ctl` or `host:port`: documents are looked at before they are kept,"
        " and none is taken that could not be.",
        rules.clamd_address,
        shown="none",
    )
    dns_server: str = _setting(
        "",
        "DNS server, `address` or `address:port`, where agencies’ own web addresses are verified.",
        rules.name_server,
        shown="the system’s",
    )
    stripe_secret_key: str = _setting(
        "",
        "Key of Stripe’s API (`sk_…` or `rk_…`): agencies are billed. Without one nothing is, and nothing is limited.",
        rules.key_like("sk_", "rk_"),
        shown="none",
        secret=True,
    )
    stripe_webhook_secret: str = _setting(
        "",
        "Signing secret (`whsec_…`) of the webhook endpoint at BASE_URL/stripe/events.",
        rules.key_like("whsec_"),
        shown="none",
        secret=True,
    )
    stripe_prices: tuple[tuple[str, str, str], ...] = _setting(
        "",
        "Price ids, a brand each: `atelier.month=price_…,atelier.year=price_…,studio.month=…,maison.month=…`.",
        rules.prices,
        shown="none",
    )
    stripe_api_url: str = _setting(
        "https://api.stripe.com", "Address of Stripe’s API; another one is for stand-ins.", rules.web_url
    )
    trial_days: int = _setting("30", "Days for which a billed agency tries one brand.", rules.whole(7, 365))
    log_level: str = _setting(
        "INFO", "`DEBUG`, `INFO`, `WARNING` or `ERROR`.", rules.choice("DEBUG", "INFO", "WARNING", "ERROR")
    )

    @classmethod
    def from_environ(cls, environ: Mapping[str, str]) -> Self:
        """Return the settings of `environ`, where an empty variable counts as an unset one.

        Raises:
            SettingError: naming the first setting that cannot be used.
        """
        values: dict[str, object] = {}
        for field in dataclasses.fields(cls):
            name = field.name.upper()
            try:
                values[field.name] = field.metadata["read"](environ.get(name) or field.metadata["default"])
            except BadValue as refusal:
                raise SettingError(name, str(refusal)) from None
        stated = cls(**values)  # type: ignore[arg-type]  # each value was read by the rule of its own field
        if stated.is_production:
            _refuse_unsafe(stated, environ)
        if bool(stated.inbound_mail_url) != bool(stated.inbound_address):
            missing = "INBOUND_ADDRESS" if stated.inbound_mail_url else "INBOUND_MAIL_URL"
            raise SettingError(missing, "must be set too: answers are read from a mailbox and sent to its address.")
        _refuse_unbilled(stated)
        refuse_plain(stated, environ)
        return stated._completed()

    @property
    def is_billed(self) -> bool:
        """Whether agencies pay for their brands; else the installation is its owner's own, without limits."""
        return bool(self.stripe_secret_key)

    @property
    def is_production(self) -> bool:
        """Whether strangers can reach this process."""
        return self.environment == "production"

    @property
    def is_embedded(self) -> bool:
        """Whether a server has to be started from a wheel because no address was given for it."""
        return not (self.database_url and self.valkey_url)

    def with_servers(self, database_url: str, valkey_url: str) -> Self:
        """Return the same settings once the servers are known; what was stated already stays."""
        located = dataclasses.replace(
            self, database_url=self.database_url or database_url, valkey_url=self.valkey_url or valkey_url
        )
        return located._completed()

    def with_live_port(self, port: int) -> Self:
        """Return the same settings with the live changes on another port, and at its address where that names it."""
        address, _colon, known = self.live_url.rpartition(":")
        moved = f"{address}:{port}" if known == str(self.live_port) else self.live_url
        return dataclasses.replace(self, live_port=port, live_url=moved)

    def _completed(self) -> Self:
        """Fill in what follows from other settings."""
        base = self.base_url or f"http://127.0.0.1:{self.port}"
        live_port = self.live_port or (self.port + 1 if self.port < 65535 else self.port - 1)
        here = f"http://{urlsplit(base).hostname}:{live_port}" if self.environment == "development" else ""
        names = [urlsplit(base).hostname or "", *self.trusted_hosts]
        if not self.is_production:
            names += ["127.0.0.1", "localhost"]
        secret = self.secret_key or kept_secret(self.data_dir)
        owner = self.database_url
        return dataclasses.replace(
            self,
            base_url=base,
            live_port=live_port,
            live_url=self.live_url or here,
            trusted_hosts=tuple(dict.fromkeys(names)),
            secret_key=secret,
            vault_keys=self.vault_keys or (secret,),
            push_private_key=self.push_private_key or self._own_push_key(),
            storage_url=self.storage_url or (self.data_dir / "media").as_uri(),
            backup_database_url=self.backup_database_url or owner,
            database_web_url=self.database_web_url or role_url(owner, "unisson_web", secret),
            database_worker_url=self.database_worker_url or role_url(owner, "unisson_worker", secret),
            database_dispatch_url=self.database_dispatch_url or role_url(owner, "unisson_dispatch", secret),
        )

    def _own_push_key(self) -> str:
        return kept_push_key(self.data_dir) if self.environment == "development" else ""


def markdown_table() -> str:
    """Return the table of every setting as the README shows it, ending with a line break."""
    lines = ["| Setting | Default | Meaning |", "|---|---|---|"]
    for field in dataclasses.fields(Settings):
        shown = field.metadata["shown"] or "none"
        lines.append(f"| `{field.name.upper()}` | {shown} | {field.metadata['meaning']} |")
    return "\n".join(lines) + "\n"


def _refuse_unsafe(stated: Settings, environ: Mapping[str, str]) -> None:
    """Refuse in production what only makes sense on one's own machine."""
    for name in ("BASE_URL", "SECRET_KEY", "DATABASE_URL", "VALKEY_URL", "MAIL_URL", "MAIL_FROM"):
        if not environ.get(name):
            raise SettingError(name, "must be set in production.")
    if not stated.base_url.startswith("https://"):
        raise SettingError("BASE_URL", "must start with https:// in production.")
    if stated.mail_url == "mailbox:":
        raise SettingError("MAIL_URL", "cannot be mailbox: in production, where anyone could read it.")


def _refuse_unbilled(stated: Settings) -> None:
    """Refuse half of what billing needs, and a key sent in the clear where strangers are."""
    for name in ("stripe_webhook_secret", "stripe_prices"):
        if stated.is_billed and not getattr(stated, name):
            raise SettingError(name.upper(), "must be set too: STRIPE_SECRET_KEY is.")
    if stated.is_production and not stated.stripe_api_url.startswith("https://"):
        raise SettingError("STRIPE_API_URL", "must start with https:// in production: the key travels with it.")
