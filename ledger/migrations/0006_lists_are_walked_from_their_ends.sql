-- What it protects: a page costs what it shows, whoever asks, as in orders 0010: told to
-- expect many lists, the planner walks the index backwards and stops.
-- Proved by ledger/tests/test_movements.py: test_the_lists_are_walked_from_their_end.
ALTER TABLE ledger_movementsofaccount ALTER COLUMN account_id SET (n_distinct = 1);

-- reverse
ALTER TABLE ledger_movementsofaccount ALTER COLUMN account_id RESET (n_distinct);
