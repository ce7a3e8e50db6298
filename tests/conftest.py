"""Shared by all tests: `python -m pytest tests/cards tests/test_readme.py --renew` writes what is shown to people anew."""

import pytest


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--renew",
        action="store_true",
        help="write the snapshots of the cards and the outputs in the README anew; read the diff before you commit it",
    )
