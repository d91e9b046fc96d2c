"""What counts as an e-mail address, and how it is stored."""

from email_validator import EmailNotValidError, validate_email


def canonical(text: str) -> str:
    """Return `text` as it is stored: ASCII, lower case, an international domain in its encoded form.

    Nothing is asked of the network. Raises ValueError for what is no address (RFC 5321 §4.1.2, by email-validator).
    """
    try:
        found = validate_email(text.strip(), check_deliverability=False, allow_smtputf8=False, test_environment=True)
    except EmailNotValidError as why:
        raise ValueError(str(why)) from why
    return (found.ascii_email or found.normalized).lower()
