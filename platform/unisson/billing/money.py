"""Amounts as people read them."""

from decimal import Decimal

from babel.numbers import format_currency, get_currency_precision

from unisson.web.i18n import language


def say_money(amount: int, currency: str) -> str:
    """Return an amount in the smallest unit of its currency in words of the language: "1 234,50 €"."""
    code = currency.upper()
    value = Decimal(amount).scaleb(-get_currency_precision(code))
    return format_currency(value, code, locale=language())
