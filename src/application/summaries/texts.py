"""The sentences of a summary made by rules. They are the keys of the catalogues of translations.

No sentence agrees in gender or number with a value in it, since a column may have any name.
"""

import re
from typing import Final

from src.domain.csv import Column, ColumnType
from src.domain.csv.forms import candidates, grammar

FORMATS: Final = {
    ColumnType.INTEGER: "Write digits only: no decimals, units or leading zeros.",
    ColumnType.NUMBER: "Write numbers as in the other rows, such as {form}, and no units.",
    ColumnType.BOOLEAN: "Write one of the two words {form}.",
    ColumnType.DATE: "Write dates that exist as {form}.",
    ColumnType.DATETIME: "Write dates and times that exist as {form}.",
    ColumnType.EMAIL: "Write one whole address, such as name@example.com, and nothing else.",
}
TYPES: Final = {
    ColumnType.INTEGER: "“{column}” holds no whole number in {rows}{lines}.",
    ColumnType.NUMBER: "“{column}” holds no number in {rows}{lines}.",
    ColumnType.BOOLEAN: "“{column}” holds neither of the words {form} in {rows}{lines}.",
    ColumnType.DATE: "“{column}” holds no date that exists in {rows}{lines}.",
    ColumnType.DATETIME: "“{column}” holds no date with a time in {rows}{lines}.",
    ColumnType.EMAIL: "“{column}” holds no e-mail address in {rows}{lines}.",
}
MOSTLY: Final = {
    ColumnType.INTEGER: "“{column}” holds whole numbers in most rows ({share}), but not in {rows}{lines}.",
    ColumnType.NUMBER: "“{column}” holds numbers in most rows ({share}), but not in {rows}{lines}.",
    ColumnType.BOOLEAN: "“{column}” holds yes or no in most rows ({share}), but not in {rows}{lines}.",
    ColumnType.DATE: "“{column}” holds dates in most rows ({share}), but not in {rows}{lines}.",
    ColumnType.DATETIME: "“{column}” holds dates with times in most rows ({share}), but not in {rows}{lines}.",
    ColumnType.EMAIL: "“{column}” holds e-mail addresses in most rows ({share}), but not in {rows}{lines}.",
}
PROBLEMS: Final = {
    "row_width": "Cells are too many or too few in {rows}{lines}.",
    "unclosed": "A quote opens and is not closed in {rows}{lines}.",
    "encoding": "Characters are not valid {encoding} in {rows}{lines}.",
    "duplicate_row": "An earlier row is repeated in {rows}{lines}.",
    "near_duplicate_row": "An earlier row is repeated but for blanks in {rows}{lines}.",
    "summary_row": "A total or another summary of rows stands among the rows in {rows}{lines}.",
    "empty_row": "Nothing stands in {rows}{lines}.",
    "not_empty": "“{column}” has no value in {rows}{lines}.",
    "unique": "“{column}” repeats an earlier value in {rows}{lines}.",
    "min": "“{column}” is less than {least} in {rows}{lines}.",
    "max": "“{column}” is more than {most} in {rows}{lines}.",
    "pattern": "“{column}” does not match the pattern in {rows}{lines}.",
    "enum": "“{column}” holds a value that is not allowed in {rows}{lines}.",
    "blanks": "“{column}” has blanks before or after the value in {rows}{lines}.",
    "error_value": "“{column}” holds an error of a spreadsheet, a formula or a mark for “no value” in {rows}{lines}.",
    "mojibake": "“{column}” has letters that were garbled by a wrong encoding in {rows}{lines}.",
    "scientific": "“{column}” has numbers that a spreadsheet shortened, as in 1E+12, in {rows}{lines}.",
    "mixed_format": "“{column}” is written as {form}, but in another form in {rows}{lines}.",
    "mixed_format_of": "“{column}” is written as {form}, but as {other} in {rows}{lines}.",
    "mostly_type": "“{column}” holds values of one type in most rows, but not in {rows}{lines}.",
    "spelling": "“{column}” writes a frequent value with other capitals or accents in {rows}{lines}.",
    "out_of_range": "“{column}” has a number that is far from all others or cannot be right in {rows}{lines}.",
    "repeated_id": "“{column}” seems to identify the rows, but repeats an earlier value in {rows}{lines}.",
}
REMEDIES: Final = {
    "header": "Name every column once, in the words of the schema, or change the schema.",
    "row_width": "Put quotes around values that hold the delimiter or a line break, and complete short rows.",
    "unclosed": "Close the quote, or remove it.",
    "encoding": "Save the file as UTF-8, or name its encoding when you upload it.",
    "duplicate_row": "Remove the copies.",
    "near_duplicate_row": "Remove the blanks and the copies.",
    "summary_row": "Remove the summaries before you use the rows.",
    "empty_row": "Remove the empty rows.",
    "not_empty": "Fill in the values, or do not require them.",
    "unique": "Correct or remove the repeated values, or do not ask for unique ones.",
    "min": "Correct the values, or lower the minimum.",
    "max": "Correct the values, or raise the maximum.",
    "pattern": "Write the values as the pattern says, or change the pattern.",
    "enum": "Use one of the allowed values, spelt exactly as in the schema, or allow more.",
    "blanks": "Remove the blanks, also those that cannot be seen.",
    "error_value": "Correct the formula, or leave the cell empty.",
    "mojibake": "Export the file again as UTF-8.",
    "scientific": "Format the column as text or with all digits, and export the file again.",
    "mixed_format": "Write all values of the column in one form.",
    "mostly_type": "Correct these values, or leave the cells empty.",
    "spelling": "Write equal values in one way.",
    "out_of_range": "Check the numbers.",
    "repeated_id": "Check whether two rows have the same key by mistake.",
}
HEADER: Final = {
    "missing": "missing: {name}",
    "duplicate": "twice: {name}",
    "empty": "without a name: {name}",
    "extra": "not in the schema: {name}",
}
NOTES: Final = {
    "separator": "The first line names the separator, so the header is in the second line.",
    "title": "Lines above the header were passed over.",
    "note": "Notes below the last row were passed over.",
    "matched": "Names that differ from the schema only in capitals, accents or blanks were matched: {names}.",
    "unknown": "The schema does not name {names}: the check there was as without a schema.",
    "ambiguous": "Day and month could be exchanged in {names}; the day was taken to be first.",
}
RULES: Final = {
    "required": "has a value in every row",
    "unique": "has no value twice",
    "min": "has a least value",
    "max": "has a greatest value",
    "pattern": "matches a pattern",
    "enum": "has only listed values",
}
"""Sentences, by rule of a schema, that follow the name of a column and say what the rule asks for."""
UNCHECKED: Final = {
    "required": "whether values are missing where they are needed",
    "unique": "whether values must differ",
    "min": "which numbers and dates are possible",
    "enum": "which words are allowed",
}
"""By rule of a schema: what a report leaves open if the schema does not have that rule."""


def form_of(column: Column, text: str) -> Column | None:
    """Return a nameless column with the form in which a value is written, or None for an unknown form.

    The column has the type of ``column``.
    """
    for candidate in candidates(column.type):
        if (pattern := grammar(candidate)) and re.fullmatch(pattern, text):
            return candidate
    return None


def described(column: Column) -> str:
    """Return an example of the form of a column, such as ``dd/mm/yyyy`` or ``1.234,5``.

    The example is empty if the column has no form.
    """
    match column.type:
        case ColumnType.DATE | ColumnType.DATETIME:
            return column.format or ""
        case ColumnType.INTEGER:
            return f"1{column.thousands or ''}234"
        case ColumnType.NUMBER:
            return f"1{column.thousands or ''}234{column.decimal or '.'}5"
        case ColumnType.BOOLEAN:
            words = (column.true, column.false) if column.true or column.false else ("true", "false")
            return "/".join(word for word in words if word)
        case _:
            return ""
