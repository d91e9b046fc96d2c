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
          """La Halle aux Voiles ouvre sa saison avec trente-quatre soirées de musique, de danse et de théâtre, dans l'ancienne corderie du port.

Douze créations y sont présentées pour la première fois. Une place sur trois coûte moins de dix euros.

« Une halle, c'est fait pour que tout le monde y passe », rappelle Yann Pérennès, son directeur.""",
          "newsroom", PUBLISHED, "salome", "stage", STAGE),
    Piece(-2, "18:00", "post", "Complet ce vendredi, mais…",
          "… une liste d'attente ouvre sur place à 19 heures. Venez, on trouve souvent.", "newsroom", PUBLISHED),
    Piece(4, "12:00", "post", "Répétition publique du Quatuor des Embruns",
          "Une heure, portes ouvertes, on entre et on sort comme à la criée.", "newsroom", SCHEDULED, "", "stage", STAGE),
    Piece(8, "11:00", "post", "Devenir bénévole à la Halle", "Trois soirées par an suffisent. On vous apprend tout.",
          "newsroom", WITH_RP),
    Piece(11, "18:00", "post", "Les coulisses de la corderie", "Notes de la visite à mettre en forme.", "newsroom", DRAFT),
)  # fmt: skip

HALLE = BrandScript("halle", "La Halle aux Voiles", "culture", "Europe/Paris", "plum", "maelle", PIECES)

PEOPLE = (
    Person("maelle", "Maëlle Riou", "maelle.riou@example.org", "owner", (("halle", "cm"),),
           "propriétaire et CM de Studio Marée"),
    Person("salome", "Salomé Vidal", "salome.vidal@example.org", "member", (("halle", "rp"),)),
    Person("yann", "Yann Pérennès", "yann.perennes@example.com", "member", (("halle", "client_approver"),),
           "client de La Halle aux Voiles, approuve"),
)  # fmt: skip

MAREE = AgencyScript("studio-maree", "Studio Marée", "maelle", PEOPLE, (HALLE,))
