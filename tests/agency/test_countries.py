"""The countries that a brand's form offers."""

from flask import Flask
from flask_babel import force_locale

from unisson.agency.zones import COUNTRIES, country_choices
from unisson.approvals.working_time import public_holidays


def test_each_stands_once_in_the_order_of_a_dictionary(app: Flask) -> None:
    with app.test_request_context(), force_locale("fr"):
        told = [str(each.label) for each in country_choices()]
    assert len(set(told)) == len(told) == len(COUNTRIES)
    assert "UK" not in told
    assert told.index("Émirats arabes unis") < told.index("Équateur") < told.index("Espagne") < told.index("France")
    assert told.index("Royaume-Uni") < told.index("Russie") < told.index("Zimbabwe") == len(told) - 1


def test_a_brand_kept_under_the_other_name_of_a_country_goes_on(app: Flask) -> None:
    assert dict(public_holidays("UK")) == dict(public_holidays("GB"))
