"""A Breton biscuit maker: Biscuiterie Tréhoret. All names are invented."""

from unisson.demo.script import (
    CANCELLED,
    DRAFT,
    FAILED,
    LATE,
    PARTLY,
    PUBLISHED,
    SCHEDULED,
    SENT_BACK,
    SOON,
    UNKNOWN,
    WITH_CLIENT,
    WITH_RP,
    BrandScript,
    Piece,
    StrategyScript,
    TopicScript,
)  # fmt: skip

LIST = (
    ("agathe.lemeur@example.com", "Agathe Le Meur, Le Quotidien d'Armor"),
    ("bastien.cogan@example.com", "Bastien Cogan, Saveurs & Terroirs"),
    ("chloe.droual@example.com", "Chloé Droual, Radio Penn-ar-Bed"),
    ("denis.ferrand@example.com", "Denis Ferrand, L'Épicurien"),
    ("elise.guyader@example.com", "Élise Guyader, Bretagne Éco"),
    ("fabrice.hamon@example.com", "Fabrice Hamon, Linéaires & Rayons"),
    ("gaelle.ivinec@example.com", "Gaëlle Ivinec, La Table du Dimanche"),
    ("hector.jaouen@example.com", "Hector Jaouen, Télé Cornouaille"),
    ("iris.kerloch@example.com", "Iris Kerloc'h, indépendante"),
    ("jules.lebihan@example.com", "Jules Le Bihan, Le Marché des Goûts"),
    ("katell.morvan@example.com", "Katell Morvan, Ouest Conso"),
    ("leon.nedelec@example.com", "Léon Nédélec, Pâtes & Fours"),
)

BISCUITS = "Galettes rondes et dorées, striées au couteau, alignées sur une plaque de cuisson."
BOXES = "Cinq boîtes de biscuits de tailles différentes, alignées sur une étagère."
SEA = "Un petit voilier blanc sur une mer calme, sous un grand soleil pâle."

GWENAELLE = "Gwenaëlle Tréhoret", "présidente de la Biscuiterie Tréhoret"
HERVE = "Hervé Cadiou", "directeur de l'atelier"
CHRONOLOGY = "1926 : Corentin Tréhoret ouvre son fournil.\n1958 : la première boîte en fer.\n1991 : la troisième génération.\n2026 : cent ans."
SHOPS = "Ville;Enseigne\nPont-Aven;La boutique de la maison\nQuimper;Épicerie des Halles\nNantes;Au Bon Grain\n"

PIECES = (
    Piece(-17, "10:00", "press_release", "Un siècle de beurre salé : Biscuiterie Tréhoret fête ses cent ans",
          """En 1926, Jeanne Tréhoret allume son premier four à Pont-Aven. Quatre générations plus tard, la maison emploie **64 personnes** et vend dans neuf pays, sans avoir quitté la rivière.

# Une fête qui commence à l'atelier

Chaque premier samedi du mois, l'atelier de Riec ouvre ses portes. On y voit la pâte se plier, on y sent le beurre, on y repart avec une boîte encore tiède.
# Une boîte pour l'année

Une boîte du centenaire, dessinée par l'illustratrice quimpéroise Aziliz Kerdraon, sera tirée à 20 000 exemplaires et vendue 14 € au profit du patrimoine maritime local.""",
          "newsroom email", PUBLISHED, "rp", "biscuits", BISCUITS,
          lead="Née en 1926 dans un fournil de Pont-Aven, la Biscuiterie Tréhoret entre dans sa centième année. L'entreprise familiale prépare douze mois de rendez-vous ouverts à tous, à commencer par son atelier de Riec.",
          quotes=(("Mon arrière-grand-mère vendait ses galettes à la sortie de la messe. Nous les vendons dans neuf pays, mais la recette tient toujours sur la même page de cahier.", *GWENAELLE),
                  ("Ouvrir l'atelier, c'est montrer qu'il n'y a pas de secret : du beurre, du temps, et quelqu'un qui regarde la pâte.", *HERVE))),
    Piece(-14, "09:30", "post", "Le geste de la semaine : strier la galette",
          "Quatre traits dans un sens, quatre dans l'autre. Le couteau de Maryvonne n'a pas changé de main depuis 1994, et nos galettes non plus.",
          "newsroom", PUBLISHED, "", "biscuits", BISCUITS),
    Piece(-10, "11:00", "article", "D'où vient notre beurre ? Trois fermes, quarante kilomètres",
          """On nous le demande à chaque visite : d'où vient le beurre ? La réponse tient en trois noms et moins de quarante kilomètres.

- La ferme de Kergroës, à Moëlan, livre deux fois par semaine.
- Le GAEC des Bruyères, à Bannalec, élève 55 vaches à l'herbe.
- La laiterie du Bélon assemble et baratte, à l'ancienne.

Le sel, lui, arrive de Guérande, par camion et par habitude. Il entre dans la pâte à hauteur de 2,4 % : assez pour réveiller le beurre, pas assez pour le couvrir.""",
          "newsroom", PUBLISHED, "", "sea", SEA,
          "Peut-on citer les trois fermes plutôt que « des éleveurs voisins » ? Elles sont d'accord.",
          "Notre beurre vient d'éleveurs voisins. Le sel arrive de Guérande."),
    Piece(-8, "18:00", "post", "Ce soir, on répond à vos recettes",
          "Le fond de tarte aux galettes : vous êtes onze à nous avoir envoyé le vôtre. Nous en avons goûté onze. Résultat samedi.",
          "newsroom bluesky", PARTLY),
    Piece(-6, "10:00", "press_release", "Biscuiterie Tréhoret réduit de 38 % l'emballage de ses sachets",
          """Le film plastique intérieur disparaît, et avec lui 38 % du poids de l'emballage.

# Ce qui change en rayon

- Le sachet est en papier mono-matériau, du sud de la Bretagne.
- Il se jette avec les papiers.
- Son prix ne change pas.

Les premiers sachets sont en magasin le mois prochain ; les anciens seront vendus jusqu'au dernier.""",
          "newsroom email", UNKNOWN, "rp", "boxes", BOXES,
          lead="À partir du mois prochain, les sachets de palets et de galettes passent au papier mono-matériau. Le biscuit, lui, reste croquant six mois.",
          quotes=(("Il a fallu deux ans d'essais pour que le biscuit reste croquant six mois sans plastique.", *HERVE),)),
    Piece(-3, "12:15", "post", "Samedi, l'atelier ouvre à 14 heures",
          "Visite, dégustation et vente au kilo. Chaussures fermées conseillées, gourmandise exigée.",
          "newsroom", LATE),
    Piece(-1, "09:00", "post", "Le résultat du concours de fonds de tarte",
          "Bravo à Solenn, de Concarneau : galettes concassées, beurre noisette, zeste de citron. La recette complète est en salle de presse.",
          "newsroom", PUBLISHED, "", "biscuits", BISCUITS),
    Piece(0, "00:00", "post", "La fournée de l'après-midi sort du four",
          "Trois cents galettes à la minute, et toujours quelqu'un pour regarder la première sortir.",
          "newsroom", SOON, "", "biscuits", BISCUITS),
    Piece(1, "11:30", "post", "Palets ou galettes ? On compte vos voix",
          "Équipe épaisse ou équipe fine : dites-nous tout. Le décompte est affiché vendredi à l'atelier.",
          "newsroom", SCHEDULED),
    Piece(3, "10:00", "press_release", "La boîte du centenaire en vente samedi dans quarante épiceries",
          """La boîte du centenaire contient **480 grammes de galettes fines** et un feuillet de recettes, dont celle du premier cahier.

Son prix : 14 €, dont un euro reversé à l'association Vieux Gréements du Bélon. Elle est tirée à 20 000 exemplaires, numérotés sous le couvercle.

# Où la trouver

- Dans quarante épiceries de Bretagne, dès samedi à l'ouverture.
- À l'atelier de Riec, du mardi au samedi.
- Sur la boutique en ligne, dans la limite de deux par personne.""",
          "newsroom email", SCHEDULED, "rp", "boxes", BOXES,
          lead="Dessinée par l'illustratrice quimpéroise Aziliz Kerdraon, la boîte du centenaire arrive samedi dans quarante épiceries de Bretagne et sur la boutique en ligne.",
          quotes=(("Nous voulions une boîte que l'on garde : pour les boutons, pour les lettres, pour les galettes suivantes.", *GWENAELLE),
                  ("J'ai dessiné la rivière comme on la voit du fournil, à cinq heures du matin, quand il n'y a que les bateaux qui sont levés.", "Aziliz Kerdraon", "illustratrice"))),
    Piece(5, "17:00", "post", "Dans le carnet de 1926",
          "« Beurre, ce qu'il faut. » Voilà toute la précision que nous a laissée Jeanne Tréhoret. On a fini par trouver.",
          "newsroom", WITH_CLIENT, "", "sea", SEA,
          "La photo est belle, mais la citation est-elle exacte ? Je crois que c'était « ce qu'il en faut ».",
          "« Beurre, à volonté. » Voilà toute la précision que nous a laissée Jeanne Tréhoret."),
    Piece(7, "09:00", "article", "Comment conserver ses galettes (si vraiment il en reste)",
          "Une boîte en métal, un lieu sec, un morceau de sucre au fond : le croquant tient trois semaines. Au-delà, faites-en un fond de tarte.",
          "newsroom", WITH_RP),
    Piece(8, "12:00", "post", "Un nouveau parfum arrive",
          "Blé noir et caramel : les premiers essais sortent du four, les avis aussi.",
          "newsroom", SENT_BACK, "", "", "",
          "Trop tôt : le nom du parfum n'est pas déposé. Peut-on parler d'une « surprise de printemps » sans le nommer ?"),
    Piece(12, "10:00", "press_release", "Trois apprentis rejoignent le fournil",
          "La Biscuiterie Tréhoret accueille trois apprentis à la rentrée. Portraits et chiffres à compléter.",
          "newsroom email", DRAFT, "rp",
          lead="Deux apprenties et un apprenti rejoignent à la rentrée l'équipe du fournil de Riec."),
    Piece(15, "18:30", "post", "Marché de nuit de Pont-Aven",
          "Annulé par la mairie : nous retirons cette annonce.", "newsroom", CANCELLED),
    Piece(-12, "16:45", "post", "Un palet, un café, un banc face à la mer",
          "C'est à peu près notre définition du dimanche. Et la vôtre ?", "bluesky", FAILED),
)  # fmt: skip

TOPICS = (
    TopicScript("Centenaire de la maison", "Que la Bretagne sache que la maison a cent ans, et qu'elle est restée familiale.",
                "Cent ans, quatre générations, la même recette.\nLa boîte du centenaire soutient Vieux Gréements du Bélon.",
                "Presse alimentation et régionale, clients fidèles", ("centenaire", "1926", "siècle"),
                dates=((6, "Vente de la boîte du centenaire"), (24, "Fête des cent ans à Pont-Aven")),
                order=(("Dans le carnet de 1926", "La boîte du centenaire en vente samedi dans quarante épiceries"),),
                files=(("chronologie de la maison.txt", CHRONOLOGY), ("points de vente.csv", SHOPS))),
    TopicScript("Nouveau parfum de printemps", "Lancer un parfum sans le nommer avant son dépôt.",
                "Blé noir de Bretagne.\nUn seul nouveau parfum par an.", "Familles, épiceries fines",
                ("parfum",), rp="later", embargo=(6, "09:00", "Le nom du parfum n'est pas encore déposé."),
                dates=((20, "Dépôt du nom à l'INPI"),)),
)  # fmt: skip

STRATEGY = StrategyScript(
    "L'année des cent ans",
    (
        ("Savoir-faire", 40, ("geste", "beurre", "conserver", "fournée")),
        ("La maison", 35, ("centenaire", "1926", "apprentis", "parfum")),
        ("Proximité", 25, ("atelier", "Marché", "voix", "concours")),
    ),
    ("révolutionn*", "fait maison", "pas cher"),
    (("partner", "collaboration commerciale"), ("contest", "règlement")),
    objectives="Que la Bretagne sache que la maison a cent ans, et qu'elle est restée familiale.",
    messages="Cent ans, quatre générations, la même recette.",
    tone="Simple et précis, un sourire en coin. On ne tutoie jamais, on ne crie jamais.",
    spokespersons="Gwenaëlle Tréhoret, présidente de la Biscuiterie Tréhoret\nHervé Cadiou, directeur de l'atelier",
)

TREHORET = BrandScript(
    "trehoret", "Biscuiterie Tréhoret", "food", "Europe/Paris", "amber", "ines", PIECES,
    "Presse alimentation et Bretagne", LIST, "biscuiterie-trehoret.example.com", TOPICS, STRATEGY,
    (
        ("event", 24, 2, "Fête des cent ans, place Gauguin à Pont-Aven"),
        ("note", 3, 1, "Salomé au Salon des saveurs : relectures le soir"),
        ("note", 10, 3, "Fournil fermé, pas de photo possible"),
    ),
    (27, 3, "Inventaire : on ne promet pas d'envoi"),
    (),
    """Fondée en 1926 à Pont-Aven (Finistère), la **Biscuiterie Tréhoret** fabrique galettes fines et palets bretons au beurre de trois fermes voisines. Entreprise familiale dirigée par la quatrième génération, elle emploie 64 personnes dans son atelier de Riec et vend dans neuf pays.

Photos et dossier de presse : https://biscuiterie-trehoret.example.com/presse""",
    ("Salomé Vidal, Atelier Nord", "salome.vidal@example.org", "02 98 55 01 26"),
)  # fmt: skip
