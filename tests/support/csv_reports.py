"""Reads reports of CSV files."""

from collections.abc import Callable

import pytest

from src.domain.csv import SUSPICIONS, NotCsv, Report, Validation


def validation_of(report: Report, rule: str, column: str | None = None) -> Validation:
    """Return the result of a rule."""
    [validation] = [each for each in report.validations if (each.rule, each.column) == (rule, column)]
    assert validation.passed is (validation.count == 0)
    return validation


def violations(report: Report, rule: str, column: str | None = None) -> list[tuple[int, str]]:
    """Return the line and the value of every violation of a rule. Assert that there is a sample of each."""
    validation = validation_of(report, rule, column)
    assert validation.count == len(validation.samples)
    return [(sample.row, sample.value) for sample in validation.samples]


def asked_rules(report: Report) -> list[Validation]:
    """Return the results of the rules that a schema asks for, or that apply to every file."""
    return [each for each in report.validations if each.rule not in SUSPICIONS]


def refusal(check: Callable[..., Report], data: str | bytes, **options: str) -> str:
    """Return why a file is refused."""
    with pytest.raises(NotCsv) as refused:
        check(data, **options)
    assert refused.value.detail.endswith((".", "?"))
    return refused.value.field.code
