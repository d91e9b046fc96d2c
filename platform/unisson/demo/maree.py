"""« Studio Marée », a small agency with one brand; its press officer also works for Atelier Nord."""

from unisson.demo.script import (
    DRAFT,
    PUBLISHED,
    SCHEDULED,
    WITH_RP,
    AgencyScript,
    BrandScript,
    Person,
    Piece,
)  # fmt: skip

STAGE = "Une scène de concert sous des faisceaux de lumière violets, vue depuis le public."

PIECES = (
    Piece(-9, "11:00", "press_release", "La Halle aux Voiles dévoile sa saison : 34 soirées, dont 12 créations",
          """Douze créations sont présentées pour la première fois, dont quatre écrites en résidence dans la corderie.

# Une place sur trois à moins de dix euros

Les moins de vingt-six ans paient huit euros, et le dernier quart d'heure de vente est à prix libre. La billetterie ouvre samedi à midi, sur place et en ligne.""",
          "newsroom", PUBLISHED, "salome", "stage", STAGE,
          lead="La Halle aux Voiles ouvre sa saison avec trente-quatre soirées de musique, de danse et de théâtre, dans l'ancienne corderie du port.",
          quotes=(("Une halle, c'est fait pour que tout le monde y passe.", "Yann Pérennès", "directeur de La Halle aux Voiles"),)),
    Piece(-2, "18:00", "post", "Complet ce vendredi, mais…",
          "… une liste d'attente ouvre sur place à 19 heures. Venez, on trouve souvent.", "newsroom", PUBLISHED),
    Piece(4, "12:00", "post", "Répétition publique du Quatuor des Embruns",
          "Une heure, portes ouvertes, on entre et on sort comme à la criée.", "newsroom", SCHEDULED, "", "stage", STAGE),
    Piece(8, "11:00", "post", "Devenir bénévole à la Halle", "Trois soirées par an suffisent. On vous apprend tout.",
          "newsroom", WITH_RP),
    Piece(11, "18:00", "post", "Les coulisses de la corderie", "Notes de la visite à mettre en forme.", "newsroom", DRAFT),
)  # fmt: skip

HALLE = BrandScript("halle", "La Halle aux Voiles", "culture", "Europe/Paris", "plum", "maelle", PIECES,
    about="Installée depuis 2009 dans l'ancienne corderie du port, **La Halle aux Voiles** accueille chaque saison 22 000 spectateurs pour la musique, la danse et le théâtre.",
    contact=("Salomé Vidal", "salome.vidal@example.org", "02 97 30 09 34"),
)  # fmt: skip

PEOPLE = (
    Person("maelle", "Maëlle Riou", "maelle.riou@example.org", "owner", (("halle", "cm"),),
           "propriétaire et CM de Studio Marée"),
    Person("salome", "Salomé Vidal", "salome.vidal@example.org", "member", (("halle", "rp"),)),
    Person("yann", "Yann Pérennès", "yann.perennes@example.com", "member", (("halle", "client_approver"),),
           "client de La Halle aux Voiles, approuve"),
)  # fmt: skip

MAREE = AgencyScript("studio-maree", "Studio Marée", "maelle", PEOPLE, (HALLE,))
