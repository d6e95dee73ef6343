-- The same as the ledger of a hub, as somebody would write it in a database: money is set aside before a call,
-- and what was used is charged by a posting whose legs come to nothing. One statement and one commit each.
CREATE TABLE accounts (
    id integer PRIMARY KEY,
    ceiling bigint NOT NULL,
    paid bigint NOT NULL,
    metered bigint NOT NULL,
    upstream bigint NOT NULL,
    fee bigint NOT NULL,
    held bigint NOT NULL
);
CREATE TABLE holds (id bigint PRIMARY KEY, account integer NOT NULL, amount bigint NOT NULL, since timestamptz NOT NULL);
CREATE TABLE postings (
    number bigserial PRIMARY KEY,
    call bigint NOT NULL UNIQUE,
    account integer NOT NULL,
    at timestamptz NOT NULL,
    model text NOT NULL,
    input_tokens integer NOT NULL,
    output_tokens integer NOT NULL
);
CREATE TABLE legs (posting bigint NOT NULL, book smallint NOT NULL, amount bigint NOT NULL, PRIMARY KEY (posting, book));
INSERT INTO accounts SELECT id, 50000000000, 1000000000000000, 0, 0, 0, 0 FROM generate_series(1, 1024) AS id;

CREATE FUNCTION reserve(wanted integer, call bigint, worst bigint) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
    available bigint;
BEGIN
    UPDATE accounts SET held = held + worst WHERE id = wanted AND paid + ceiling + metered - held >= worst
        RETURNING paid + ceiling + metered - held INTO available;
    IF available IS NULL THEN
        RAISE EXCEPTION 'the credit does not suffice';
    END IF;
    INSERT INTO holds VALUES (call, wanted, worst, now());
    RETURN available;
END $$;

CREATE FUNCTION settle(used bigint, cost bigint, charge bigint) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
    freed record;
    posted bigint;
    available bigint;
BEGIN
    DELETE FROM holds WHERE id = used RETURNING account, amount INTO freed;
    INSERT INTO postings (call, account, at, model, input_tokens, output_tokens)
        VALUES (used, freed.account, now(), 'claude-sonnet-5-5', 1200, 3) RETURNING number INTO posted;
    INSERT INTO legs VALUES (posted, 2, -charge), (posted, 6, cost), (posted, 7, charge - cost);
    UPDATE accounts SET held = held - freed.amount, paid = paid - charge, upstream = upstream + cost,
        fee = fee + charge - cost WHERE id = freed.account
        RETURNING paid + ceiling + metered - held INTO available;
    RETURN available;
END $$;

-- The charge alone, without anything set aside before: less than a hub must do, and half the commits.
CREATE FUNCTION transfer(wanted integer, used bigint, cost bigint, charge bigint) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
    posted bigint;
    available bigint;
BEGIN
    INSERT INTO postings (call, account, at, model, input_tokens, output_tokens)
        VALUES (used, wanted, now(), 'claude-sonnet-5-5', 1200, 3) RETURNING number INTO posted;
    INSERT INTO legs VALUES (posted, 2, -charge), (posted, 6, cost), (posted, 7, charge - cost);
    UPDATE accounts SET paid = paid - charge, upstream = upstream + cost, fee = fee + charge - cost WHERE id = wanted
        RETURNING paid + ceiling + metered - held INTO available;
    RETURN available;
END $$;
