"""A database as text, read by another program than ours."""

import sqlite3


def dump(path):
    connection = sqlite3.connect(path)
    try:
        return list(connection.iterdump())
    finally:
        connection.close()
