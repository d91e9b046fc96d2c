"""« Atelier Nord », an agency with three brands in three time zones. All people are invented."""

from unisson.demo.epinette import EPINETTE
from unisson.demo.lagon import LAGON
from unisson.demo.script import AgencyScript, Person
from unisson.demo.trehoret import TREHORET

PEOPLE = (
    Person("claire", "Claire Le Moal", "claire.lemoal@example.org", "owner", (), "propriétaire d'Atelier Nord, voit tout"),
    Person("hugo", "Hugo Bertin", "hugo.bertin@example.org", "account_manager", (), "chef de projet, toutes les marques"),
    Person("ines", "Inès Caradec", "ines.caradec@example.org", "member", (("trehoret", "cm"), ("lagon", "cm")),
           "CM de Tréhoret et de Traversées du Lagon"),
    Person("mathis", "Mathis Roy", "mathis.roy@example.org", "member", (("epinette", "cm"),),
           "CM d'Épinette, depuis Montréal", "America/Toronto"),
    Person("rp", "Salomé Vidal", "salome.vidal@example.org", "member",
           (("trehoret", "rp"), ("epinette", "rp"), ("lagon", "rp")),
           "RP des trois marques ; aussi à Studio Marée"),
    Person("gwenaelle", "Gwenaëlle Tréhoret", "gwenaelle.trehoret@example.com", "member",
           (("trehoret", "client_approver"),), "cliente de Tréhoret, approuve"),
    Person("louis", "Louis Tremblay", "louis.tremblay@example.com", "member",
           (("epinette", "client_approver"),), "client d'Épinette, approuve", "America/Toronto"),
    Person("marielaure", "Marie-Laure Poadja", "marie-laure.poadja@example.com", "member",
           (("lagon", "client_approver"),), "cliente de Traversées du Lagon, approuve", "Pacific/Noumea"),
    Person("paul", "Paul Guivarch", "paul.guivarch@example.com", "member",
           (("trehoret", "client_contact"),), "contact chez Tréhoret, lit seulement"),
    Person("nolwenn", "Nolwenn Abgrall", "nolwenn.abgrall@example.com", "member",
           (("trehoret", "expert"),)),
)  # fmt: skip

ATELIER = AgencyScript("atelier-nord", "Atelier Nord", "claire", PEOPLE, (TREHORET, EPINETTE, LAGON))
