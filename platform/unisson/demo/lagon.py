"""A ferry line of New Caledonia: Traversées du Lagon. All names are invented."""

from unisson.demo.script import (
    DRAFT,
    PUBLISHED,
    SCHEDULED,
    WITH_CLIENT,
    WITH_RP,
    BrandScript,
    Piece,
    TopicScript,
)  # fmt: skip

SEA = "Un petit voilier blanc sur un lagon aux eaux turquoise, sous un grand soleil pâle."

MARIE_LAURE = "Marie-Laure Poadja", "directrice générale de Traversées du Lagon"

PIECES = (
    Piece(-15, "07:30", "press_release", "Traversées du Lagon met en service son premier navire hybride",
          """Le navire embarque **280 passagers** et quitte le port sur batteries, sans bruit ni fumée ; les moteurs ne prennent le relais qu'au large.

La consommation de carburant baisse de 27 % sur la ligne. Les horaires et les tarifs restent inchangés.""",
          "newsroom", PUBLISHED, "rp", "sea", SEA,
          lead="Le Méridien, premier navire hybride de la compagnie, relie depuis ce matin Nouméa à l'île des Pins. Il traverse le lagon sans bruit.",
          quotes=(("Nous traversons un lagon inscrit au patrimoine mondial. Le moins que nous puissions faire, c'est d'y passer discrètement.", *MARIE_LAURE),)),
    Piece(-9, "06:45", "post", "Vent fort : les départs de demain sont avancés d'une heure",
          "Embarquement à 5 h 30 au lieu de 6 h 30. Les billets restent valables ; échange gratuit au guichet.",
          "newsroom", PUBLISHED),
    Piece(-5, "11:00", "article", "Une journée avec l'équipage du Méridien",
          """À quatre heures, le café. À quatre heures et quart, la ronde. Avant le premier passager, Josiane Waheo a déjà vérifié soixante-deux points.

Elle est cheffe mécanicienne depuis huit ans. « Le moteur électrique, on ne l'entend pas : il a fallu apprendre à écouter autrement. »""",
          "newsroom", PUBLISHED, "", "sea", SEA,
          "Josiane préfère « cheffe mécanicienne ». Merci de corriger partout.",
          "À quatre heures, le café. Josiane Waheo, mécanicien, a déjà vérifié soixante-deux points."),
    Piece(2, "07:00", "post", "Baleines en vue : on ralentit",
          "Pendant la saison, nos navires passent à dix nœuds dans le canal. Vous arriverez un peu plus tard, elles aussi.",
          "newsroom bluesky", SCHEDULED, "", "sea", SEA),
    Piece(6, "08:00", "press_release", "Un tarif unique pour les habitants des îles",
          """Le tarif unique remplace les quatre prix d'aujourd'hui, selon la saison et le jour : **3 900 francs l'aller**, toute l'année.

- Un justificatif de domicile suffit, au guichet comme en ligne.
- Les billets déjà achetés plus cher sont remboursés de la différence.
- Les enfants de moins de cinq ans voyagent toujours gratuitement.""",
          "newsroom", WITH_CLIENT, "rp",
          lead="À partir du mois prochain, les habitants des îles paient le même prix toute l'année, quel que soit le jour de la traversée.",
          quotes=(("Prendre le bateau pour aller chez le médecin ne doit pas dépendre du calendrier des vacances.", *MARIE_LAURE),)),
    Piece(10, "18:00", "post", "Traversée de nuit, ciel compris",
          "Une fois par mois, on coupe les projecteurs au large. Apportez une couverture.",
          "newsroom bluesky", WITH_RP),
    Piece(14, "07:30", "post", "Fête du port : le programme", "En attente du programme définitif.", "newsroom bluesky", DRAFT),
)  # fmt: skip

TOPICS = (
    TopicScript("Tarif des îles", "Faire connaître le tarif unique avant la rentrée.",
                "Le même prix toute l'année.\nUn justificatif suffit.", "Habitants des îles", ("tarif",),
                cm="undecided"),
)  # fmt: skip

LAGON = BrandScript(
    "lagon", "Traversées du Lagon", "mobility", "Pacific/Noumea", "teal", "ines", PIECES, topics=TOPICS,
    about="Depuis 1987, **Traversées du Lagon** relie Nouméa aux îles de la Nouvelle-Calédonie. Ses trois navires transportent chaque année 210 000 passagers ; la compagnie emploie 96 personnes.",
    contact=("Salomé Vidal, Atelier Nord", "salome.vidal@example.org", "+687 25 01 87"),
    mockup=("Traversées du Lagon sur Bluesky", "traversees-lagon.example.com", "marielaure",
            "Bonjour Marie-Laure, vous avez ouvert le compte en mai : il ne manque que cette étape pour que les posts partent. Cinq minutes suffisent, et je reste joignable. Inès"),
)  # fmt: skip
