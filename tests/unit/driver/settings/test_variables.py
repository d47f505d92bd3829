from pathlib import Path

import pytest

from driver.settings.variables import Variable, declared_variables

ROOT = Path(__file__).resolve().parents[4]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ('variable "a" {}', [Variable("a", 1, False)]),
        ("variable a {\n  default = null\n}", [Variable("a", 1, True)]),
        ('variable "a" { default = 1 }\nvariable "b" { type = string }', [("a", 1, True), ("b", 2, False)]),
        ('variable "a" {\n  type = object({\n    default = string\n  })\n}', [("a", 1, False)]),
        ('variable "a" {\n  type = object({ b = string })\n  default = { b = "}" }\n}', [("a", 1, True)]),
        (
            'variable "a" {\n  validation {\n    condition = var.a != "{"\n    default = 1\n  }\n}',
            [("a", 1, False)],
        ),
        ('variable "a" {\n  description = "\\n default = 1"\n}', [("a", 1, False)]),
        ('variable "a" {\n  description = <<-EOT\n    default = 1\n    }\n  EOT\n}', [("a", 1, False)]),
        ('variable "a" {\n  # default = 1\n  // }\n  /* {\n  default = 2 */\n}', [("a", 1, False)]),
        ('# variable "no" {}\n/*\nvariable "no" {}\n*/\nvariable "a-b" {}', [("a-b", 5, False)]),
        (
            'locals {\n  x = "${lookup({ a = "}" }, "a")}"\n}\nvariable "a" {\n  type = string\n}',
            [("a", 4, False)],
        ),
        ('variable "a" {\n  description = "$${ {"\n  default = 1\n}', [("a", 1, True)]),
        ('output "o" {\n  value = var.a == 1 ? "x" : "y"\n}', []),
        ('variable "a" {\n', [Variable("a", 1, False)]),
        ('variable "a" {\n  x = "unclosed\n  default = 1\n}', [("a", 1, True)]),
    ],
)
def test_the_variables_of_a_file_are_found_with_line_and_default(text: str, found: list[Variable]) -> None:
    expected = [one if isinstance(one, Variable) else Variable(*one) for one in found]
    assert list(declared_variables(text)) == expected


def test_our_own_files_declare_what_terraform_knows() -> None:
    text = (ROOT / "terraform/variables.tf").read_text("utf-8")
    assert len(list(declared_variables(text))) == text.count('\nvariable "') + text.startswith("variable")
