"""What an exported brand says of itself."""

README = """\
UNE MARQUE, TELLE QU'ELLE ÉTAIT DANS UNISSON          (English below)

manifest.json      quelle marque, quelle agence, quand ; le nombre de lignes de chaque fichier
data/*.json        une table par fichier : un tableau JSON, un objet par ligne, en UTF-8.
                   Les colonnes finissant par _id renvoient à la colonne id d'une autre table
                   (content_id -> contents.json, membership_id et *_by -> people.json).
                   Les instants sont en UTC (ISO 8601) ; wall_time est l'heure de l'horloge de la marque.
data/revisions.json  chaque version soumise (payload) et son empreinte SHA-256 (digest)
data/decisions.json  chaque avis : run_id -> approval_runs.json -> contents.json ; digest est l'empreinte approuvée
data/events.json   le journal : qui a fait quoi, quand
data/people.json   les personnes que les lignes citent
csv/*.csv          les contenus, les avis et les publications, pour un tableur (UTF-8, virgule).
                   Une apostrophe précède ce qu'un tableur prendrait pour une formule.
media/*            images et vidéos, nommées par leur SHA-256 (digest dans data/media.json)
files/*            pièces jointes des sujets et des fils
logo.*             le logo

Si l'export a plusieurs parties, la première porte toutes les données ; les suivantes, d'autres médias.
N'y figurent jamais : mots de passe et jetons des canaux, liens personnels des clients, autres marques.

A BRAND AS IT WAS IN UNISSON

manifest.json      which brand, which agency, when; how many rows each file has
data/*.json        one table a file: a JSON array, one object a row, in UTF-8. Columns that end in _id name
                   the id of another table. Instants are UTC (ISO 8601); wall_time is the brand's clock.
data/revisions.json, data/decisions.json  each submitted version with its SHA-256 digest; who approved which digest
csv/*.csv          contents, decisions and publications for a spreadsheet (UTF-8, comma). An apostrophe stands
                   before what a spreadsheet would take for a formula.
media/*, files/*, logo.*  images and videos by their SHA-256; documents of topics and threads; the logo

With several parts, the first holds all data; the others hold further media. Never in it: passwords and tokens of
channels, clients' personal links, other brands.
"""
