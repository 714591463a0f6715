"""The examples in the docstrings of the rule and the guarantee run and say what happens."""

import doctest
import importlib
import pkgutil

import pytest

import science.agreement
import science.guarantee
import science.worlds

MODULES = [
    "science.decide",
    "science.draws",
    *(
        module.name
        for package in (science.agreement, science.guarantee, science.worlds)
        for module in pkgutil.iter_modules(package.__path__, package.__name__ + ".")
    ),
]


@pytest.mark.parametrize("name", MODULES)
def test_the_examples_of_a_module_hold(name: str) -> None:
    assert doctest.testmod(importlib.import_module(name)).failed == 0


def test_there_are_examples_to_run() -> None:
    tried = sum(doctest.testmod(importlib.import_module(name)).attempted for name in MODULES)
    assert tried > 50
