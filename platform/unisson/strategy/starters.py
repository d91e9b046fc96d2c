"""What a strategy may begin with, by sector and in the brand's language: words to be changed, none of them binding.

Mentions are those that the law or the trade asks for in France (Code de la santé publique L2133-1, Code de la
consommation L312-5, loi du 9 juin 2023 on influence); others keep the plain ones.
"""

from collections.abc import Mapping
from datetime import date
from typing import NamedTuple

from unisson.strategy.models import Strategy

OBJECTIVES = {
    "fr": "Être connue et comprise : ce que la marque fait, pour qui, et pourquoi on peut la croire.\n"
    "Répondre à chacun dans la journée.\nUne annonce, un récit : le même dans la presse et sur les réseaux.",
    "en": "Be known and understood: what the brand does, for whom, and why it can be believed.\n"
    "Answer everybody within the day.\nOne announcement, one story: the same in the press and on social networks.",
}
TONE = {
    "fr": "Clair, concret, sans superlatif. On tutoie ou on vouvoie, mais toujours pareil.",
    "en": "Clear, concrete, without superlatives.",
}
TITLES = {"fr": "Première stratégie", "en": "First strategy"}
PARTNER = {"fr": "Collaboration commerciale", "en": "Paid partnership"}
BANNED = {"fr": ("miracle", "garanti*", "leader"), "en": ("miracle", "guaranteed", "world-class")}


class Sector(NamedTuple):
    """What brands of a sector speak of (pillars, 100 per cent together), never say, and must mention."""

    pillars: Mapping[str, tuple[str, ...]]
    shares: tuple[int, ...] = (40, 30, 20, 10)
    banned: Mapping[str, tuple[str, ...]] = {}
    mentions: Mapping[str, Mapping[str, str]] = {}


def _pillars(fr: str, en: str) -> dict[str, tuple[str, ...]]:
    return {"fr": tuple(fr.split(" / ")), "en": tuple(en.split(" / "))}


_EAT = {"fr": {"health": "Pour votre santé, mangez au moins cinq fruits et légumes par jour. www.mangerbouger.fr"}}
_CREDIT = {
    "fr": {
        "price": "Un crédit vous engage et doit être remboursé. Vérifiez vos capacités de remboursement avant de vous"
        " engager."
    }
}
_DRIVE = {"fr": {"price": "Au quotidien, prenez les transports en commun #SeDéplacerMoinsPolluer"}}
_CURE = {"fr": ("guéri*", "sans risque"), "en": ("cure*", "risk-free")}
_GREEN = {"fr": ("neutre en carbone", "100 % propre"), "en": ("carbon neutral", "100% clean")}

OTHER = Sector(
    _pillars(
        "Savoir-faire / Actualité / Coulisses et équipe / Conseils", "Know-how / News / Behind the scenes / Advice"
    )
)
SECTORS: dict[str, Sector] = {
    "food": Sector(
        _pillars(
            "Produits et saisons / Savoir-faire / Recettes / Producteurs",
            "Products and seasons / Know-how / Recipes / Growers",
        ),
        banned={"fr": ("sain*", "sans danger"), "en": ("healthy", "harmless")},
        mentions=_EAT,
    ),
    "retail": Sector(
        _pillars(
            "Nouveautés / Conseils / Magasins et équipes / Offres", "What is new / Advice / Shops and teams / Offers"
        )
    ),
    "fashion": Sector(
        _pillars(
            "Collections / Matières et fabrication / Style / Engagements",
            "Collections / Making / Style / Pledges",
        ),
        banned=_GREEN,
    ),
    "beauty": Sector(
        _pillars(
            "Produits / Gestes et conseils / Formules / Témoignages",
            "Products / Advice / Formulas / Testimonies",
        ),
        banned=_CURE,
    ),
    "health": Sector(
        _pillars(
            "Prévention / Expertise / Patients et proches / Recherche",
            "Prevention / Expertise / Patients / Research",
        ),
        banned=_CURE,
    ),
    "technology": Sector(
        _pillars(
            "Usages / Produit / Sécurité et confiance / Recrutement",
            "Uses / Product / Security and trust / Hiring",
        )
    ),
    "energy": Sector(
        _pillars("Sobriété / Projets / Métiers / Territoires", "Saving energy / Projects / Trades / Regions"),
        banned=_GREEN,
        mentions={"fr": {"price": "L’énergie est notre avenir, économisons-la !"}},
    ),
    "mobility": Sector(
        _pillars(
            "Trajets et services / Info voyageurs / Sécurité / Environnement",
            "Journeys / Traffic news / Safety / Environment",
        ),
        banned=_GREEN,
        mentions=_DRIVE,
    ),
    "tourism": Sector(
        _pillars(
            "Destinations / Saisons / Rencontres / Infos pratiques",
            "Destinations / Seasons / People / Practical news",
        )
    ),
    "culture": Sector(
        _pillars(
            "Programmation / Artistes / Coulisses / Publics",
            "Programme / Artists / Behind the scenes / Audiences",
        )
    ),
    "sport": Sector(
        _pillars("Compétitions / Athlètes / Pratique / Supporters", "Competitions / Athletes / Practice / Supporters")
    ),
    "finance": Sector(
        _pillars(
            "Pédagogie / Services / Sécurité / Engagement local",
            "Education / Services / Security / Local pledges",
        ),
        banned={"fr": ("sans risque", "rendement garanti"), "en": ("risk-free", "guaranteed return")},
        mentions=_CREDIT,
    ),
    "real_estate": Sector(
        _pillars(
            "Biens et programmes / Conseils / Quartiers / Financement",
            "Homes / Advice / Neighbourhoods / Finance",
        ),
        mentions=_CREDIT,
    ),
    "education": Sector(
        _pillars("Formations / Vie étudiante / Débouchés / Recherche", "Courses / Student life / Careers / Research")
    ),
    "public": Sector(
        _pillars(
            "Services aux habitants / Projets / Info et alertes / Agenda",
            "Services / Projects / News and alerts / Events",
        )
    ),
    "association": Sector(
        _pillars("Cause / Actions de terrain / Bénévoles / Dons", "Cause / Work in the field / Volunteers / Gifts")
    ),
    "industry": Sector(
        _pillars("Savoir-faire / Innovation / Métiers / Territoires", "Know-how / Innovation / Trades / Regions"),
        banned=_GREEN,
    ),
}
"""By the words of `tenants.brands.SECTORS`; what is not here begins with `OTHER`."""


def starter(sector: str, language: str, today: date) -> Strategy:
    """Return a strategy to be changed and kept, from today to the end of the year; it belongs to no brand yet."""
    told = SECTORS.get(sector, OTHER)
    return Strategy(
        title=TITLES[language],
        starts_on=today,
        ends_on=date(today.year + (today.month > 9), 12, 31),
        objectives=OBJECTIVES[language],
        messages="",
        tone=TONE[language],
        spokespersons="",
        links="",
        pillars=[
            {"name": name, "share": share} for name, share in zip(told.pillars[language], told.shares, strict=True)
        ],
        banned=[*BANNED[language], *told.banned.get(language, ())],
        mentions={"partner": PARTNER[language], **told.mentions.get(language, {})},
        weights={},
        version=0,
    )
