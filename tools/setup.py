"""Make the checkout ready to run: `python3 tools/setup.py [--dev]`.

Standard library only. This file must be read by every Python 3, so that an old one gets a sentence and not a
SyntaxError; what needs a recent one is in `steps.py`, imported after the check.
"""

import sys

OLDEST = (3, 11)


def refusal(version):
    """Return the sentence for a Python that is too old, or an empty text."""
    if tuple(version[:2]) >= OLDEST:
        return ""
    found = ".".join(str(number) for number in version[:3])
    needed = ".".join(str(number) for number in OLDEST)
    return (
        "Unisson needs Python " + needed + " or newer and this is " + found + ": install one, then run "
        "`make PYTHON=python" + needed + " run`."
    )


def main():
    """Refuse an old Python; else run the steps and return their exit status."""
    sentence = refusal(sys.version_info)
    if sentence:
        sys.stderr.write(sentence + "\n")
        return 1
    import steps  # noqa: PLC0415 - only a recent Python can read it

    return steps.main(sys.argv[1:])


if __name__ == "__main__":
    sys.exit(main())
