"""One run of every check, for all tests here."""

import pytest

from d2c.validation.case import read_reference_cases
from d2c.validation.verify import verify


@pytest.fixture(scope="session")
def outcomes():
    return verify(read_reference_cases())
