"""The commands of `unisson`.

Imports stand inside the commands here, and only here: `unisson settings` must not load the web, the database and the
queue to print a table.
"""

import json
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import click

from unisson.config import SettingError, Settings, markdown_table

QUEUES = ("publishing", "mail")


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
def commands() -> None:
    """Unisson, the shared desk of a communication agency."""


@commands.command()
def up() -> None:
    """Start everything on this machine: the two servers, the web, the workers and the dispatcher."""
    from unisson.supervisor import run  # noqa: PLC0415 - keeps the other commands light

    sys.exit(run(Settings.from_environ(os.environ)))


@commands.command()
def migrate() -> None:
    """Bring the database to the newest migration, as its owner."""
    from unisson import database  # noqa: PLC0415 - see the module
    from unisson.server_check import refuse_silent_database  # noqa: PLC0415 - see the module

    found = _located()
    refuse_silent_database(found.database_url)
    database.migrate(found)


@commands.command()
def web() -> None:
    """Serve the web application."""
    from unisson.storage_check import refuse_unusable  # noqa: PLC0415 - see the module
    from unisson.web_server import serve  # noqa: PLC0415 - see the module

    settings = _located()
    refuse_unusable(settings)
    serve(settings)


@commands.command()
def live() -> None:
    """Tell open pages of changes."""
    from unisson.web_server import serve_live  # noqa: PLC0415 - see the module

    serve_live(_located())


@commands.command()
@click.argument("queue", type=click.Choice(QUEUES))
def worker(queue: str) -> None:
    """Work on one queue. A worker of several queues loses the job in its hands when it is killed."""
    from unisson.storage_check import refuse_unusable  # noqa: PLC0415 - see the module

    settings = _located()
    refuse_unusable(settings)
    # By name, as the platform always reaches the workers, which depend on it and not the reverse.
    _call("workers.worker", "main", settings, queue)


@commands.command()
def dispatcher() -> None:
    """Watch the database for what is due and ring the workers."""
    _call("workers.dispatcher", "main", _located())


@commands.command()
def storage() -> None:
    """Try whether files can be kept where STORAGE_URL says: a probe is written there and read back."""
    found = Settings.from_environ(os.environ)
    if found.storage_url.startswith("s3:"):
        from unisson import logs  # noqa: PLC0415 - see the module
        from unisson.storage import try_bucket  # noqa: PLC0415 - see the module

        logs.configure(found)
        if not try_bucket(found.storage_url):
            print("The store does not answer now.")
            sys.exit(1)
    else:
        from unisson.storage_check import refuse_unusable  # noqa: PLC0415 - see the module

        refuse_unusable(found)
    print("Files can be kept and read.")


@commands.command()
@click.argument("folder", type=click.Path(file_okay=False, path_type=Path))
@click.option("--keep", type=click.IntRange(min=1), help="Delete all but so many of the folder's backups afterwards.")
def backup(folder: Path, keep: int | None) -> None:
    """Copy the database and every file into FOLDER, while everything goes on; print where."""
    from unisson.backups.taking import prune, take  # noqa: PLC0415 - see the module

    with _with_servers() as found:
        print(take(found, folder))
    if keep:
        print(f"Deleted {prune(folder, keep)} older backups.")


@commands.command()
@click.argument("place", type=click.Path(file_okay=False, path_type=Path))
@click.option(
    "--erasures",
    type=click.Path(dir_okay=False, exists=True, path_type=Path),
    help="A newer list of who was erased than the one beside the backups (`unisson erasures`).",
)
def restore(place: Path, erasures: Path | None) -> None:
    """Bring the backup in PLACE back into an empty installation. What may have left since is looked up, not sent."""
    from unisson.backups.restoring import bring_back  # noqa: PLC0415 - see the module

    with _with_servers() as found:
        came = bring_back(found, place, print, erasures)
    print(f"Brought back {came.rows} rows and {came.files} files. Everybody signs in again.")
    print(f"{came.unknown} publications were due since: each is looked up on its channel before anything is sent.")
    print(f"{came.again.erased} people and accounts that were erased since are erased again.")
    if came.again.waiting:
        print(f"{came.again.waiting} are the only owner of an agency in this backup: it is tried again each night.")
    print(f"{came.again.codes} recovery codes that were used or replaced since let nobody in.")
    print(
        f"{came.undecided} contents dated since were not approved in the backup: look on the channel before deciding."
    )


@commands.command("erasures")
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
def write_erasures(file: Path) -> None:
    """Write to FILE who was erased and which recovery codes are good, by numbers alone: for `restore --erasures`."""
    from unisson.backups.erasures import export  # noqa: PLC0415 - see the module

    with _with_servers() as found:
        made = export(found, file)
    print(f"Erased: {len(made.people)} people in their agencies, {len(made.accounts)} accounts.")


@commands.group()
def vault() -> None:
    """What is kept encrypted: credentials of channels, rooms and providers, secrets of phones."""


@vault.command("rotate")
def rotate_vault() -> None:
    """Encrypt everything anew by the first of VAULT_KEYS. Stopped in the middle, run it again."""
    from unisson.rotating import rotate  # noqa: PLC0415 - see the module

    with _with_servers() as found:
        rotated = rotate(found, print)
    print(f"Encrypted anew: {rotated.renewed}. Under the first key already: {rotated.left}.")
    if rotated.lost:
        print(f"Under none of the keys: {rotated.lost}. They have to be entered again.", file=sys.stderr)
        sys.exit(1)


@commands.command("push-key")
def push_key() -> None:
    """Print a fresh key for browsers' notifications, as the environment takes it. Changing it ends those there are."""
    from unisson.kept_secret import new_push_key  # noqa: PLC0415 - keeps the other commands light

    print(f"PUSH_PRIVATE_KEY={new_push_key()}")


@commands.command("support")
@click.argument("email")
@click.option("--remove", is_flag=True, help="They are not support any more, and out of every agency at once.")
def support_staff(email: str, remove: bool) -> None:
    """Say that the person with the account EMAIL is support: they read where an agency lets support in."""
    from unisson.trust.staffing import set_staff  # noqa: PLC0415 - see the module

    with _with_servers() as found:
        if not set_staff(found, email, is_staff=not remove):
            print(f"There is no account {email}.", file=sys.stderr)
            sys.exit(1)


@commands.command("verify-trail")
@click.argument("slug", required=False)
@click.option("--digest", help="A digest that was noted before: it must be among the seals.")
def verify_trail(slug: str | None, digest: str | None) -> None:
    """Work the seals of the agency at SLUG, or of every agency, out anew from their events; exit with 1 on a fault."""
    from unisson.trust.verifying import verify  # noqa: PLC0415 - see the module

    with _with_servers() as found:
        if not verify(found, slug, digest, print):
            sys.exit(1)


@commands.command("remove-second-step")
@click.argument("email")
def remove_second_step(email: str) -> None:
    """Remove the second step of the person with EMAIL, who lost it and works for several agencies; they get a mail."""
    from unisson.identity.rescue import remove  # noqa: PLC0415 - see the module

    with _with_servers() as found:
        if not remove(found, email):
            print("Nobody with this address has a second step.", file=sys.stderr)
            sys.exit(1)
    print("The second step is removed, and every browser signed out. Make sure that it was this person who asked.")


@commands.command("sign-out")
@click.argument("email", required=False)
@click.option("--everybody", is_flag=True, help="Everybody, of every agency.")
def sign_out(email: str | None, everybody: bool) -> None:
    """Sign the person with EMAIL out of every browser, at once; or everybody."""
    from unisson.identity.ending import sign_out as end  # noqa: PLC0415 - see the module

    if bool(email) == everybody:
        raise click.UsageError("Name one person by EMAIL, or say --everybody.")
    with _with_servers() as found:
        ended = end(found, email)
    if ended is None:
        print("Nobody has this address.", file=sys.stderr)
        sys.exit(1)
    print(f"Signed out: {ended}.")


@commands.command()
@click.option("--json", "as_json", is_flag=True, help="One JSON list instead of sentences.")
def demo(as_json: bool) -> None:
    """Fill an empty database with a demonstration agency; print who can sign in."""
    from unisson.demo.build import ensure_demo  # noqa: PLC0415 - see the module

    people = ensure_demo(_located())
    if as_json:
        print(json.dumps([list(person) for person in people]))
        return
    for name, email, password, role in people:
        print(f"{name}: {email} / {password} - {role}")


@commands.command()
@click.option("--markdown", is_flag=True, help="The table of the README.")
def settings(markdown: bool) -> None:
    """Check the settings of the environment, or print the table of all."""
    if markdown:
        print(markdown_table(), end="")
        return
    found = Settings.from_environ(os.environ)
    print(f"The settings can be used: {found.environment}, {found.base_url}.")


def main() -> None:
    """Run a command; a setting that cannot be used, or a refusal, is one sentence and exit status 2."""
    from unisson.backups.manifest import BackupError  # noqa: PLC0415 - see the module
    from unisson.embedded_account import EmbeddedError  # noqa: PLC0415 - see the module

    try:
        commands()
    except (SettingError, BackupError, EmbeddedError) as error:
        print(error, file=sys.stderr)
        sys.exit(2)


@contextmanager
def _with_servers() -> Iterator[Settings]:
    """Give the settings with both servers there, started for the while of a block if nobody runs them yet."""
    found = Settings.from_environ(os.environ)
    if not found.is_embedded:
        yield found
        return
    from unisson import embedded  # noqa: PLC0415 - see the module

    with embedded.servers(found.data_dir) as running:
        yield found.with_servers(running.database, running.valkey)


def _located() -> Settings:
    """Return the settings of a process that needs both servers to be there already."""
    found = Settings.from_environ(os.environ)
    for name in ("database_url", "valkey_url"):
        if not getattr(found, name):
            raise SettingError(name.upper(), "must be set; `unisson up` starts embedded servers and sets it.")
    return found


def _call(module: str, function: str, *arguments: object) -> None:
    import importlib  # noqa: PLC0415 - see the module

    getattr(importlib.import_module(module), function)(*arguments)


if __name__ == "__main__":
    main()
