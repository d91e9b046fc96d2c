"""A Québec maker of outdoor gear: Épinette Plein Air. All names are invented."""

from unisson.demo.script import (
    DRAFT,
    LATE,
    ON_HOLD,
    PUBLISHED,
    SENT_BACK,
    WITH_CLIENT,
    WITH_RP,
    BrandScript,
    Piece,
)  # fmt: skip

LIST = (
    ("amelie.boisvert@example.com", "Amélie Boisvert, Plein Nord"),
    ("benoit.cote@example.com", "Benoît Côté, Le Courrier des Laurentides"),
    ("camille.dufresne@example.com", "Camille Dufresne, Sentiers Magazine"),
    ("dominic.ethier@example.com", "Dominic Éthier, Radio Boréale"),
    ("eve.fortin@example.com", "Ève Fortin, indépendante"),
)

NIGHT = "Une tente éclairée de l'intérieur, au pied de collines, sous un ciel rempli d'étoiles."
HILLS = "Des collines boisées qui s'étagent jusqu'à l'horizon, avec des épinettes au premier plan."

LOUIS = "Louis Tremblay", "fondateur d'Épinette Plein Air"

PIECES = (
    Piece(-16, "08:30", "press_release", "Épinette lance un service de réparation à vie pour ses tentes",
          """L'atelier compte six couturières et couturiers ; le délai annoncé est de **dix jours ouvrables**.

Le service couvre les toiles, les arceaux et les fermetures, sans facture ni date limite. L'envoi reste à la charge du client, le retour est offert.""",
          "newsroom email", PUBLISHED, "rp", "night", NIGHT,
          lead="Épinette Plein Air répare désormais gratuitement toutes ses tentes, quel que soit leur âge, à son atelier de Sainte-Adèle.",
          quotes=(("Une tente qu'on répare, c'est une tente qu'on ne fabrique pas.", *LOUIS),)),
    Piece(-11, "12:00", "article", "Monter sa tente sous la pluie : la méthode en six gestes",
          """On ne choisit pas toujours son heure d'arrivée au camp. Voici comment nos guides s'y prennent quand il tombe des cordes.

1. Sortez le double-toit en premier et gardez la chambre au sec.
2. Montez les arceaux debout, dos au vent.
3. Fixez les quatre coins avant de tendre.
4. Glissez la chambre par-dessous.
5. Creusez du regard, jamais de la pelle : cherchez la pente.
6. Laissez les bottes dehors. Toujours.""",
          "newsroom", PUBLISHED, "", "hills", HILLS),
    Piece(-7, "17:00", "post", "Premier gel cette nuit à Saint-Donat",
          "Moins quatre au thermomètre, et un café qui n'a jamais été aussi bon. Sortez les sacs trois saisons.",
          "newsroom", PUBLISHED, "", "night", NIGHT),
    Piece(-4, "09:00", "post", "Corvée de sentier : merci aux 82 bénévoles",
          "Quatorze kilomètres dégagés, trois passerelles remises d'aplomb, zéro beigne restant.",
          "newsroom", PUBLISHED, "", "hills", HILLS,
          "Le chiffre était de 82 à la fin de la journée, pas 80. Et citons les passerelles !",
          "Quatorze kilomètres dégagés par 80 bénévoles. Merci !"),
    Piece(-2, "07:45", "post", "L'atelier de Sainte-Adèle ferme plus tôt vendredi",
          "Fermeture à 15 heures pour l'inventaire. Les réparations déposées jeudi seront prêtes lundi.",
          "newsroom", LATE),
    Piece(1, "12:30", "post", "La trousse de réparation qui tient dans une poche",
          "Du fil, une aiguille courbe, deux pièces de toile : c'est tout ce qu'il faut pour sauver une fin de semaine.",
          "newsroom", ON_HOLD),
    Piece(4, "08:30", "press_release", "Épinette publie son bilan carbone et ce qu'il lui reste à faire",
          """Les tissus font **61 %** du total, le transport 22 % et les ateliers 9 %. Le reste se partage entre les bureaux, la boutique et les déplacements.

# Ce qu'il reste à faire

- Passer l'ensemble des doubles-toits en polyamide recyclé d'ici deux ans.
- Faire venir les arceaux par train plutôt que par avion, dès l'hiver prochain.
- Faire vérifier les chiffres chaque année par un cabinet indépendant.""",
          "newsroom email", WITH_CLIENT, "rp", "hills", HILLS,
          lead="Pour la première fois, Épinette Plein Air publie son bilan complet : 2 140 tonnes d'équivalent CO₂ pour l'année, et la liste de ce qui n'est pas encore fait.",
          quotes=(("On ne va pas dehors pour l'abîmer. Publier nos chiffres, c'est accepter qu'on nous demande ceux de l'an prochain.", *LOUIS),)),
    Piece(6, "18:00", "article", "Dormir au chaud à moins quinze",
          "Le sac ne chauffe pas, il garde. Mangez gras, enfilez une tuque, et bougez avant de vous coucher.",
          "newsroom", WITH_RP, "", "night", NIGHT),
    Piece(9, "12:00", "post", "On cherche des testeurs et des testeuses",
          "Douze prototypes de sacs, douze fins de semaine. Écrivez-nous d'où vous partez.",
          "newsroom", SENT_BACK, "", "", "",
          "Il manque la date limite et l'adresse où écrire. Sinon c'est parfait."),
    Piece(13, "09:00", "post", "Raquettes : comment choisir la bonne longueur", "À écrire avec l'atelier.",
          "newsroom", DRAFT),
)  # fmt: skip

EPINETTE = BrandScript(
    "epinette",
    "Épinette Plein Air",
    "sport",
    "America/Toronto",
    "moss",
    "mathis",
    PIECES,
    "Presse plein air",
    LIST,
    about="Fondée en 1998 à Sainte-Adèle, dans les Laurentides, **Épinette Plein Air** conçoit des tentes et des sacs de couchage pour quatre saisons. L'entreprise emploie 41 personnes et répare ce qu'elle vend.",
    contact=("Salomé Vidal, Atelier Nord", "salome.vidal@example.org", "+1 450 555 0198"),
    beats=(("newsroom", (1, 3), "10:30"),),
)
