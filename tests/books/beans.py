"""What beancount makes of a journal: its balances, account by account, as JSON.

python beans.py FILE
"""

import json
import sys
from collections import defaultdict
from decimal import Decimal

from beancount import loader
from beancount.core.data import Transaction

entries, errors, _ = loader.load_file(sys.argv[1])
balances: dict[str, Decimal] = defaultdict(Decimal)
for entry in entries:
    if isinstance(entry, Transaction):
        for posting in entry.postings:
            balances[f"{posting.account}|{posting.units.currency}"] += posting.units.number
json.dump({name: f"{amount:f}" for name, amount in balances.items()}, sys.stdout)
sys.exit(bool(errors))
