"""The staff's desk for proofs: take one, have the wallets sign for it, publish it."""

import csv
import secrets
from collections.abc import Mapping
from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.safestring import SafeString

from accounts.models import User
from accounts.staff import (
    Button,
    CaseAdmin,
    CasePage,
    Entering,
    Moment,
    NothingToAsk,
    Table,
    WhyForm,
    badge,
    instant,
    objection_of,
    short_instant,
    shortened,
    staff_of,
)
from kernel import clock
from kernel.decimals import format_decimal, parse_decimal
from kernel.errors import ExchangeError
from kernel.units import Atoms
from ledger.models import Asset
from proofs.models import Proof, ProofTree
from proofs.selectors import coverage_of, proof_case, reserve_message
from proofs.services import (
    RIGHT_TO_PUBLISH,
    RIGHT_TO_TAKE,
    Claim,
    discard_proof,
    enter_reserves,
    expect_publisher,
    publish_proof,
    take_proof,
)
from proofs.signatures import SCHEMES

LINE = "asset, scheme, address, amount, as of, signature"


class ReservesForm(forms.Form):
    """What the wallets have signed, a line for each address."""

    claims = forms.CharField(
        label="Signed reserves",
        max_length=60_000,
        widget=forms.Textarea(attrs={"rows": 8, "cols": 100, "autofocus": True}),
        help_text=f"One address a line: {LINE}. Schemes: {', '.join(SCHEMES)}. The case's "
        "page shows the message that each address signs.",
    )

    def clean_claims(self) -> list[Claim]:
        """Parse the lines; whether they are signed the service finds out."""
        assets = {asset.code: asset for asset in Asset.objects.all()}
        lines = csv.reader(self.cleaned_data["claims"].splitlines(), skipinitialspace=True)
        return [
            _claim(line, number, assets)
            for number, line in enumerate(lines, start=1)
            if line
        ]


def _claim(line: list[str], number: int, assets: dict[str, Asset]) -> Claim:
    """raises  ValidationError, naming the line"""
    cells = [cell.strip() for cell in line]
    if len(cells) != 6 or not all(cells):
        raise forms.ValidationError(f"Line {number}: write {LINE}.")
    code, scheme, address, amount, as_of, signature = cells
    if code not in assets:
        raise forms.ValidationError(f"Line {number}: there is no asset {code}.")
    if not as_of.isascii() or not as_of.isprintable() or len(as_of) > 80:
        raise forms.ValidationError(f"Line {number}: write plainly when it lay there.")
    if len(address) > 128 or len(signature) > 256:
        raise forms.ValidationError(f"Line {number}: this is too long to be a signature.")
    try:
        atoms = Atoms(parse_decimal(amount, scale=assets[code].scale))
    except ExchangeError as refused:
        raise forms.ValidationError(f"Line {number}: {refused.detail}") from refused
    if not atoms:
        raise forms.ValidationError(f"Line {number}: it must be more than zero.")
    return Claim(
        asset=code,
        scheme=scheme,
        address=address,
        amount=atoms,
        as_of=as_of,
        signature=signature,
    )


BUTTONS = (
    Button(
        step="enter reserves",
        promise="Each line counts as reserves of {what} if the address's own key has "
        "signed for it. What is entered cannot be taken back, but the proof discarded.",
        form=ReservesForm,
        take=enter_reserves,
        done="Entered: every signature is right.",
    ),
    Button(
        step="publish",
        promise="Everybody can see {what}, and every customer find their own part in it. "
        "It is grown once more out of the books before. This is final.",
        take=publish_proof,
        done="Published. Everybody can see it.",
    ),
    Button(
        step="discard",
        promise="Nobody will see {what}. Another one may be taken at any time. This is "
        "final.",
        form=WhyForm,
        take=discard_proof,
        done="Discarded.",
        is_harmful=True,
    ),
)

#: What each step needs.
RIGHTS = {
    "enter reserves": RIGHT_TO_TAKE,
    "publish": RIGHT_TO_PUBLISH,
    "discard": RIGHT_TO_PUBLISH,
}


@admin.register(Proof)
class ProofAdmin(Entering, CaseAdmin):
    id_argument = "proof_id"
    buttons = BUTTONS
    right = RIGHT_TO_TAKE
    entry_form = NothingToAsk
    heading = "Take a proof of liabilities"
    promise = (
        "Commit to what all customers are owed after the last sealed transfer. It takes "
        "some seconds where there are many."
    )
    done = "Taken. Nobody sees it before it is published."
    ordering = ["-id"]
    list_display = ["id", "state_badge", "moment", "transfer", "seal", "taken", "taken_by"]
    list_select_related = ["decision", "taken_by"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Proof]:
        rows: QuerySet[Proof] = super().get_queryset(request)
        return rows.defer("seed")

    @admin.display(description="state")
    def state_badge(self, proof: Proof) -> SafeString:
        return badge(_state(proof))

    @admin.display(description="owed at (UTC)", ordering="at")
    def moment(self, proof: Proof) -> str:
        return short_instant(proof.at)

    @admin.display(description="taken (UTC)", ordering="taken_at")
    def taken(self, proof: Proof) -> str:
        return short_instant(proof.taken_at)

    def enter(self, said: Mapping[str, Any], *, actor: User) -> Proof:
        return take_proof(
            key=f"staff:{secrets.token_hex(16)}",
            seed=secrets.token_bytes(32),
            actor=actor,
            now=clock.now(),
        )

    def case_page(self, case_id: int, request: HttpRequest) -> CasePage:
        proof, actor = proof_case(proof_id=case_id), staff_of(request)
        open_ = _state(proof) == "taken"
        steps = _steps_for(actor)
        return CasePage(
            heading=f"proof {proof.pk}",
            state=_state(proof),
            facts=_facts(proof),
            tables=[_trees(proof), _reserves(proof)]
            + ([_messages(proof)] if open_ else []),
            story=_story(proof),
            steps=(steps or list(RIGHTS)) if open_ else [],
            objection="" if steps else objection_of(lambda: expect_publisher(actor=actor)),
        )


def _steps_for(actor: User) -> list[str]:
    return [step for step, right in RIGHTS.items() if actor.has_perm(right)]


def _state(proof: Proof) -> str:
    if not hasattr(proof, "decision"):
        return "taken"
    return "published" if proof.decision.published else "discarded"


def _facts(proof: Proof) -> list[tuple[str, object]]:
    return [
        ("Covers", f"all transfers up to {proof.transfer}"),
        ("The latest of them", instant(proof.at)),
        ("Seal behind it", format_html("{}: <code>{}</code>", proof.seal, proof.sha256)),
        ("Taken", instant(proof.taken_at)),
        ("Taken by", proof.taken_by.email if proof.taken_by else "the clock"),
    ]


def _trees(proof: Proof) -> Table:
    columns = ["Asset", "Owed", "Signed reserves", "Ratio", "Root"]
    return Table("What is owed", columns, [_tree_row(tree) for tree in proof.trees.all()])


def _tree_row(tree: ProofTree) -> tuple[object, ...]:
    coverage = coverage_of(tree)
    return (
        tree.asset.code,
        _amount(format_decimal(tree.total, scale=tree.scale)),
        _amount(format_decimal(coverage.reserves, scale=tree.asset.scale))
        if coverage.reserves
        else "none",
        f"{coverage.percent} %" if coverage.percent else "–",
        shortened(tree.root),
    )


def _reserves(proof: Proof) -> Table:
    rows = [
        (
            tree.asset.code,
            format_html("<code>{}</code>", each.address),
            _amount(format_decimal(each.amount, scale=tree.asset.scale)),
            each.as_of,
            each.scheme,
            each.entered_by.email,
        )
        for tree in proof.trees.all()
        for each in tree.reserves.all()
    ]
    columns = ["Asset", "Address", "Amount", "As of", "Scheme", "Entered by"]
    return Table("Signed reserves", columns, rows)


def _messages(proof: Proof) -> Table:
    """What an address signs, with words in the places that the signer fills in."""
    rows = []
    for tree in proof.trees.all():
        said = reserve_message(tree=tree, address="ADDRESS", amount=0, as_of="WHEN")
        zero = format_decimal(0, scale=tree.asset.scale)
        shown = said.replace(f"holds {zero}", "holds AMOUNT")
        rows.append((tree.asset.code, format_html("<code>{}</code>", shown)))
    title = "What an address signs (AMOUNT with all decimals of the asset)"
    return Table(title, ["Asset", "Message"], rows)


def _story(proof: Proof) -> list[Moment]:
    who = proof.taken_by.email if proof.taken_by else "the clock"
    story = [Moment(proof.taken_at, who, "taken")]
    if hasattr(proof, "decision"):
        made = proof.decision
        story.append(Moment(made.at, made.by.email, _state(proof), made.reason))
    return story


def _amount(text: str) -> SafeString:
    return format_html('<span class="amount">{}</span>', text)
