"""The books, to be read: nothing here can be added, changed or deleted. What an audit found
can be decided on."""

from django.contrib import admin
from django.db.models import Case as Switch
from django.db.models import Value, When
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.safestring import SafeString

from accounts.staff import (
    Button,
    CaseAdmin,
    CasePage,
    Moment,
    ReadOnlyAdmin,
    WhyForm,
    badge,
    instant,
    linked,
    objection_of,
    short_instant,
    staff_of,
)
from kernel.decimals import format_decimal
from ledger.models import Account, Asset, AuditRun, Break, Entry, Transfer
from ledger.selectors import break_case
from ledger.services import (
    accept_break,
    acknowledge_break,
    expect_resolver,
    mend_break,
)
from ledger.transfers import TransferCode


def amount_of(atoms: int, asset: Asset) -> SafeString:
    """A decimal string with its asset."""
    return format_html(
        '<span class="amount">{} {}</span>',
        format_decimal(atoms, scale=asset.scale),
        asset.code,
    )


@admin.register(Asset)
class AssetAdmin(ReadOnlyAdmin):
    list_display = ["code", "name", "scale", "kind"]


@admin.register(Account)
class AccountAdmin(ReadOnlyAdmin):
    """Whose each balance is; the house's have no owner."""

    list_display = ["id", "holder", "kind", "label", "balance_text", "normal_side"]
    list_filter = ["kind", "asset"]
    search_fields = ["=id", "owner__email", "label"]
    list_select_related = ["owner", "asset"]
    fields = [
        "holder",
        "asset",
        "kind",
        "label",
        "balance_text",
        "floor_text",
        "normal_side",
        "opened_at",
    ]

    @admin.display(description="owner", ordering="owner__email")
    def holder(self, account: Account) -> str:
        return account.owner.email if account.owner else "the house"

    @admin.display(description="balance", ordering="balance")
    def balance_text(self, account: Account) -> SafeString:
        return amount_of(account.balance, account.asset)

    @admin.display(description="may not fall below")
    def floor_text(self, account: Account) -> SafeString:
        return amount_of(account.floor, account.asset)


@admin.register(Entry)
class EntryAdmin(ReadOnlyAdmin):
    list_display = ["id", "kind", "key", "reference", "at", "created_by"]
    list_filter = ["kind", "created_at"]
    search_fields = ["=key", "reference"]
    list_select_related = ["created_by"]
    ordering = ["-id"]
    fields = ["kind", "key", "reference", "memo", "at", "created_by", "digest"]

    @admin.display(description="posted", ordering="created_at")
    def at(self, entry: Entry) -> str:
        return instant(entry.created_at)


@admin.register(Transfer)
class TransferAdmin(ReadOnlyAdmin):
    """The table has no index but its key, so it is read by number, the newest first."""

    list_display = ["id", "entry_id", "why", "amount_text", "debited", "credited", "at"]
    list_select_related = [
        "asset",
        "debit__owner",
        "debit__asset",
        "credit__owner",
        "credit__asset",
    ]
    search_fields = ["=id"]
    search_help_text = "Number of a transfer."
    sortable_by = ["id"]
    ordering = ["-id"]
    fields = ["entry_id", "why", "amount_text", "debited", "credited", "at"]

    @admin.display(description="why", ordering="code")
    def why(self, transfer: Transfer) -> str:
        code = TransferCode(transfer.code)
        return f"{code.name.lower().replace('_', ' ')} {transfer.ref}"

    @admin.display(description="amount")
    def amount_text(self, transfer: Transfer) -> SafeString:
        return amount_of(transfer.amount, transfer.asset)

    @admin.display(description="debit")
    def debited(self, transfer: Transfer) -> str:
        return _name(transfer.debit)

    @admin.display(description="credit")
    def credited(self, transfer: Transfer) -> str:
        return _name(transfer.credit)

    @admin.display(description="at")
    def at(self, transfer: Transfer) -> str:
        return instant(transfer.created_at)


def _name(account: Account) -> str:
    """Whose it is and what it is for, with its number."""
    owner = account.owner.email if account.owner else "house"
    label = f":{account.label}" if account.label else ""
    return f"{owner} {account.kind}{label} (#{account.pk})"


# What the audits found --------------------------------------------------------------------


@admin.register(AuditRun)
class AuditRunAdmin(ReadOnlyAdmin):
    """Each search for violations, the newest first."""

    list_display = ["id", "kind", "outcome_badge", "at", "seconds", "checked", "broken"]
    list_filter = ["kind", "outcome", "started_at"]
    ordering = ["-id"]
    fields = ["kind", "outcome_badge", "at", "seconds", "checked", "broken", "note"]

    @admin.display(description="outcome", ordering="outcome")
    def outcome_badge(self, run: AuditRun) -> SafeString:
        return badge(run.outcome)

    @admin.display(description="began", ordering="started_at")
    def at(self, run: AuditRun) -> str:
        return instant(run.started_at)

    @admin.display(description="seconds")
    def seconds(self, run: AuditRun) -> str:
        return f"{(run.finished_at - run.started_at).total_seconds():.1f}"


#: Acknowledging says that somebody is at it; the other two are final.
ACKNOWLEDGE, RESOLVE, ACCEPT = "acknowledge", "resolve", "accept"
STEPS = {
    Break.State.OPEN: (ACKNOWLEDGE, RESOLVE, ACCEPT),
    Break.State.ACKNOWLEDGED: (RESOLVE, ACCEPT),
    Break.State.RESOLVED: (),
}


@admin.register(Break)
class BreakAdmin(CaseAdmin):
    """What is unresolved stands first."""

    id_argument = "break_id"
    buttons = (
        Button(
            step=ACKNOWLEDGE,
            promise="You have seen {what} and look into it. Markets stay halted, and "
            "payouts refused. Say what is known.",
            form=WhyForm,
            take=acknowledge_break,
            done="Acknowledged. It stays open until somebody resolves it.",
        ),
        Button(
            step=RESOLVE,
            promise="The cause of {what} is gone: say how it was mended. Payouts of its "
            "assets go on if no other break is open; its markets stay halted until "
            "somebody opens them. If an audit finds it again, it opens a new break.",
            form=WhyForm,
            take=mend_break,
            done="Resolved. The markets are opened at the desk for markets.",
        ),
        Button(
            step=ACCEPT,
            promise="{what} stays as it is, and you explain why that is right. The same "
            "line opens no other break from now on. This is final.",
            form=WhyForm,
            take=accept_break,
            done="Resolved, as explained. The markets are opened at the desk for markets.",
            is_harmful=True,
        ),
    )
    ordering = [
        Switch(When(state=Break.State.RESOLVED, then=Value(1)), default=Value(0)),
        "-id",
    ]
    list_display = ["id", "state_badge", "invariant", "what", "concerns", "at", "last_seen"]
    list_filter = ["state", "invariant", "opened_at"]
    list_select_related = ["seen"]
    search_fields = ["=id", "=invariant", "subject"]
    search_help_text = "Number, rule, or what it is about, such as account 17."

    @admin.display(description="state", ordering="state")
    def state_badge(self, found: Break) -> SafeString:
        return badge(_state(found))

    @admin.display(description="assets")
    def concerns(self, found: Break) -> str:
        return _concerned(found)

    @admin.display(description="opened (UTC)", ordering="opened_at")
    def at(self, found: Break) -> str:
        return short_instant(found.opened_at)

    @admin.display(description="last seen (UTC)", ordering="seen_id")
    def last_seen(self, found: Break) -> str:
        return short_instant(found.seen.started_at)

    def case_page(self, case_id: int, request: HttpRequest) -> CasePage:
        found, actor = break_case(break_id=case_id), staff_of(request)
        return CasePage(
            heading=f"break {found.pk}: {found.invariant} {found.subject}",
            state=_state(found),
            facts=[
                ("Rule", found.invariant),
                ("What was found", found.what),
                ("Assets", _concerned(found)),
                ("Found", _run_of(request, found.found)),
                ("Seen last", _run_of(request, found.seen)),
            ],
            tables=[],
            story=_story(found),
            steps=STEPS[Break.State(found.state)],
            objection=objection_of(lambda: expect_resolver(actor=actor)),
        )


def _state(found: Break) -> str:
    """As people call it: what is open is not good here, as it is of a market."""
    return "unresolved" if found.state == Break.State.OPEN else found.state


def _concerned(found: Break) -> str:
    codes = Asset.objects.filter(pk__in=found.assets).values_list("code", flat=True)
    return ", ".join(codes.order_by("code")) if found.assets else "all"


def _run_of(request: HttpRequest, run: AuditRun) -> SafeString:
    return linked(request, run, f"{instant(run.started_at)} by {run}")


def _story(found: Break) -> list[Moment]:
    story = [Moment(found.opened_at, "the audit", "unresolved", found.what)]
    if found.acknowledged_by and found.acknowledged_at:
        by, why = found.acknowledged_by.email, found.acknowledged_reason
        story.append(Moment(found.acknowledged_at, by, "acknowledged", why))
    if found.resolved_by and found.resolved_at:
        how = "It stays: " if found.accepted else ""
        by, why = found.resolved_by.email, f"{how}{found.resolved_reason}"
        story.append(Moment(found.resolved_at, by, "resolved", why))
    return story
