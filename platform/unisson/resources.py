"""Where the files that are not code lie: inside the installed package, or at the top of the checkout."""

from pathlib import Path

PACKAGE = Path(__file__).resolve().parent
CHECKOUT = PACKAGE.parent.parent


def resource(name: str) -> Path:
    """Return the folder or file called `name`.

    A wheel carries `templates` and `migrations` inside the package; a checkout keeps them at its top.

    Raises:
        FileNotFoundError: when neither place has it.
    """
    for parent in (PACKAGE, CHECKOUT):
        if (parent / name).exists():
            return parent / name
    message = f"{name} is neither inside the installed package nor at the top of the checkout."
    raise FileNotFoundError(message)
