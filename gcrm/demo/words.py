"""The shape of a language's words: `english` and `korean` fill it, everything else only picks from it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

Choices = tuple[str, ...]
Pairs = tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Words:
    """Texts in one language. Braces are filled in: `{contact}`, `{product}`, `{rival}`, `{town}` and the like."""

    locale: str

    # Businesses
    industries: Mapping[str, str]
    kinds: Mapping[str, Choices]
    """What a business of the trade calls itself."""
    firsts: Choices
    business_patterns: tuple[tuple[str, float], ...]
    namesake_pattern: str
    """For a name that is taken already."""
    chains: Pairs
    """Name and trade."""
    branch_pattern: str
    head_office_pattern: str

    # People
    surnames: tuple[tuple[str, float], ...]
    given_names: Choices
    person_pattern: str
    job_titles: Mapping[str, Choices]
    """By trade; `any` for the others."""
    staff: Mapping[str, str]
    """Names of who signs in beside reps and managers, by the front part of their address."""
    team_pattern: str
    sales: str
    territory_pattern: str
    regional_pattern: str
    joined_pattern: str

    # Accounts
    streets: Choices
    street_kinds: tuple[tuple[str, float], ...]
    tags: tuple[tuple[str, float], ...]
    chain_tag: str
    account_notes: Choices
    products: Mapping[str, Choices]
    """By trade; together they are the price list."""
    units: Choices
    rivals: Choices

    # What happens
    purposes: Mapping[str, Choices]
    """By the account's status."""
    visit_notes: Mapping[str, Choices]
    """By outcome."""
    next_steps: Mapping[str, tuple[tuple[str, int, bool], ...]]
    """By outcome: what, in about how many days, and whether at the customer's."""
    missed_notes: Choices
    no_position_reasons: Choices
    activities: Mapping[str, Pairs]
    """By kind: subject and note."""
    tasks: tuple[tuple[str, bool], ...]
    """Title, and whether it is done at the customer's."""

    visit_types: tuple[tuple[str, tuple[tuple[str, str, Choices, bool], ...]], ...]
    """Name and what is asked there: words, kind, answers to choose from, whether it is required."""

    # Sales
    stages: tuple[tuple[str, int, str], ...]
    """Name, percent and kind, in order."""
    opportunity_patterns: Choices
    opportunity_steps: Mapping[str, Choices]
    """By stage."""
    won_reasons: Choices
    lost_reasons: Choices
    opportunity_notes: Choices

    def job_titles_of(self, industry: str) -> Choices:
        return self.job_titles.get(industry, self.job_titles["any"])
