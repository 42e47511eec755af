-- What it protects: a page costs what it shows, whoever asks. Most users have few lists and
-- a market maker has a hundred thousand. Expecting few, the planner would fetch and sort
-- them all to find the newest; told to expect many, it walks the index backwards and stops.
-- Proved by orders/tests/test_history.py: test_the_lists_are_walked_from_their_end.
ALTER TABLE orders_ordersofuser ALTER COLUMN user_id SET (n_distinct = 1);
ALTER TABLE orders_fillsofuser ALTER COLUMN user_id SET (n_distinct = 1);

-- reverse
ALTER TABLE orders_fillsofuser ALTER COLUMN user_id RESET (n_distinct);
ALTER TABLE orders_ordersofuser ALTER COLUMN user_id RESET (n_distinct);
