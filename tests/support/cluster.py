"""The database servers that tests run on."""

import psycopg


def spare_the_disk(database_url: str) -> None:
    """Have a server wait for no disk: what a power cut would lose is not what its tests are about.

    A server that is killed loses nothing all the same. The runs that kill it keep the settings of a deployment.
    """
    with psycopg.connect(database_url, autocommit=True) as connection:
        connection.execute("alter system set fsync = off")
        connection.execute("alter system set full_page_writes = off")
        connection.execute("select pg_reload_conf()")
