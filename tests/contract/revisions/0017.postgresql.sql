SET statement_timeout = 0;
SET lock_timeout = 0;
SET idle_in_transaction_session_timeout = 0;
SET client_encoding = 'UTF8';
SET standard_conforming_strings = on;
SELECT pg_catalog.set_config('search_path', '', false);
SET check_function_bodies = false;
SET xmloption = content;
SET client_min_messages = warning;
SET row_security = off;
SET default_tablespace = '';
SET default_table_access_method = heap;
CREATE TABLE public.alembic_version (
    version_num character varying(32) NOT NULL
);
CREATE TABLE public.claims (
    id text NOT NULL COLLATE pg_catalog."C",
    revision text NOT NULL COLLATE pg_catalog."C",
    kind text NOT NULL COLLATE pg_catalog."C",
    holder_id text NOT NULL COLLATE pg_catalog."C"
);
CREATE TABLE public.counters (
    id text NOT NULL COLLATE pg_catalog."C",
    revision text NOT NULL COLLATE pg_catalog."C",
    hits bigint NOT NULL,
    ends bigint NOT NULL,
    expires_at timestamp with time zone NOT NULL
);
CREATE TABLE public.datasets (
    id text NOT NULL COLLATE pg_catalog."C",
    revision text NOT NULL COLLATE pg_catalog."C",
    user_id text NOT NULL COLLATE pg_catalog."C",
    name text NOT NULL COLLATE pg_catalog."C",
    filename text NOT NULL COLLATE pg_catalog."C",
    sha256 text NOT NULL COLLATE pg_catalog."C",
    status text NOT NULL COLLATE pg_catalog."C",
    state text NOT NULL COLLATE pg_catalog."C",
    job_id text COLLATE pg_catalog."C",
    receipt_id text COLLATE pg_catalog."C",
    size bigint NOT NULL,
    created_at timestamp with time zone NOT NULL,
    reconcile_since timestamp with time zone,
    read_options json NOT NULL,
    row_sets json NOT NULL,
    pieces json NOT NULL
);
CREATE TABLE public.deliveries (
    id text NOT NULL COLLATE pg_catalog."C",
    revision text NOT NULL COLLATE pg_catalog."C",
    webhook_id text NOT NULL COLLATE pg_catalog."C",
    event_id text NOT NULL COLLATE pg_catalog."C",
    type text NOT NULL COLLATE pg_catalog."C",
    status text NOT NULL COLLATE pg_catalog."C",
    attempts bigint NOT NULL,
    response_status bigint,
    created_at timestamp with time zone NOT NULL,
    expires_at timestamp with time zone NOT NULL,
    next_attempt_at timestamp with time zone
);
CREATE TABLE public.dogs (
    id text NOT NULL COLLATE pg_catalog."C",
    revision text NOT NULL COLLATE pg_catalog."C",
    user_id text NOT NULL COLLATE pg_catalog."C",
    name text NOT NULL COLLATE pg_catalog."C",
    name_key text NOT NULL COLLATE pg_catalog."C",
    picture_status text NOT NULL COLLATE pg_catalog."C",
    job_id text NOT NULL COLLATE pg_catalog."C",
    picture text COLLATE pg_catalog."C",
    is_adopted boolean NOT NULL,
    created_at timestamp with time zone NOT NULL
);
CREATE TABLE public.events (
    id text NOT NULL COLLATE pg_catalog."C",
    revision text NOT NULL COLLATE pg_catalog."C",
    type text NOT NULL COLLATE pg_catalog."C",
    shard bigint NOT NULL,
    actor_kind text NOT NULL COLLATE pg_catalog."C",
    user_id text COLLATE pg_catalog."C",
    actor_id text COLLATE pg_catalog."C",
    session_id text COLLATE pg_catalog."C",
    ip text COLLATE pg_catalog."C",
    user_agent text COLLATE pg_catalog."C",
    request_id text COLLATE pg_catalog."C",
    at timestamp with time zone NOT NULL,
    expires_at timestamp with time zone NOT NULL,
    due_at timestamp with time zone,
    data json
);
CREATE TABLE public.factors (
    id text NOT NULL COLLATE pg_catalog."C",
    revision text NOT NULL COLLATE pg_catalog."C",
    user_id text NOT NULL COLLATE pg_catalog."C",
    kind text NOT NULL COLLATE pg_catalog."C",
    name text COLLATE pg_catalog."C",
    secret text COLLATE pg_catalog."C",
    credential_id text COLLATE pg_catalog."C",
    public_key text COLLATE pg_catalog."C",
    last_step bigint NOT NULL,
    counter bigint NOT NULL,
    backed_up boolean NOT NULL,
    created_at timestamp with time zone NOT NULL,
    last_used_at timestamp with time zone,
    code_hashes json
);
CREATE TABLE public.files (
    id text NOT NULL COLLATE pg_catalog."C",
    revision text NOT NULL COLLATE pg_catalog."C",
    user_id text NOT NULL COLLATE pg_catalog."C",
    filename text NOT NULL COLLATE pg_catalog."C",
    content_type text NOT NULL COLLATE pg_catalog."C",
    sha256 text NOT NULL COLLATE pg_catalog."C",
    state text NOT NULL COLLATE pg_catalog."C",
    job_id text NOT NULL COLLATE pg_catalog."C",
    receipt_id text COLLATE pg_catalog."C",
    size bigint NOT NULL,
    created_at timestamp with time zone NOT NULL,
    reconcile_since timestamp with time zone
);
CREATE TABLE public.invitations (
    id text NOT NULL COLLATE pg_catalog."C",
    revision text NOT NULL COLLATE pg_catalog."C",
    user_id text COLLATE pg_catalog."C",
    made_by text COLLATE pg_catalog."C",
    email text NOT NULL COLLATE pg_catalog."C",
    role text NOT NULL COLLATE pg_catalog."C",
    is_accepted boolean NOT NULL,
    created_at timestamp with time zone NOT NULL,
    valid_until timestamp with time zone NOT NULL,
    expires_at timestamp with time zone NOT NULL
);
CREATE TABLE public.jobs (
    id text NOT NULL COLLATE pg_catalog."C",
    revision text NOT NULL COLLATE pg_catalog."C",
    user_id text COLLATE pg_catalog."C",
    kind text NOT NULL COLLATE pg_catalog."C",
    subject_id text NOT NULL COLLATE pg_catalog."C",
    status text NOT NULL COLLATE pg_catalog."C",
    error text COLLATE pg_catalog."C",
    ticket text COLLATE pg_catalog."C",
    attempts bigint NOT NULL,
    progress double precision NOT NULL,
    created_at timestamp with time zone NOT NULL,
    updated_at timestamp with time zone NOT NULL,
    run_at timestamp with time zone NOT NULL,
    due_at timestamp with time zone,
    expires_at timestamp with time zone,
    result json,
    trace text COLLATE pg_catalog."C"
);
CREATE TABLE public.keys (
    id text NOT NULL COLLATE pg_catalog."C",
    revision text NOT NULL COLLATE pg_catalog."C",
    user_id text NOT NULL COLLATE pg_catalog."C",
    scope text NOT NULL COLLATE pg_catalog."C",
    name text NOT NULL COLLATE pg_catalog."C",
    hash text NOT NULL COLLATE pg_catalog."C",
    prefix text NOT NULL COLLATE pg_catalog."C",
    created_at timestamp with time zone NOT NULL,
    valid_until timestamp with time zone,
    last_used_at timestamp with time zone
);
CREATE TABLE public.mails (
    id text NOT NULL COLLATE pg_catalog."C",
    revision text NOT NULL COLLATE pg_catalog."C",
    kind text NOT NULL COLLATE pg_catalog."C",
    address_key text NOT NULL COLLATE pg_catalog."C",
    address text NOT NULL COLLATE pg_catalog."C",
    language text NOT NULL COLLATE pg_catalog."C",
    user_id text COLLATE pg_catalog."C",
    epoch bigint NOT NULL,
    attempts bigint NOT NULL,
    details json,
    created_at timestamp with time zone NOT NULL,
    expires_at timestamp with time zone NOT NULL,
    valid_until timestamp with time zone
);
CREATE TABLE public.packs (
    id text NOT NULL COLLATE pg_catalog."C",
    revision text NOT NULL COLLATE pg_catalog."C",
    set_id text NOT NULL COLLATE pg_catalog."C",
    place text NOT NULL COLLATE pg_catalog."C",
    rows text NOT NULL COLLATE pg_catalog."C",
    valid boolean NOT NULL,
    goes_on boolean NOT NULL
);
CREATE TABLE public.receipts (
    id text NOT NULL COLLATE pg_catalog."C",
    revision text NOT NULL COLLATE pg_catalog."C",
    user_id text NOT NULL COLLATE pg_catalog."C",
    fingerprint text COLLATE pg_catalog."C",
    answer text COLLATE pg_catalog."C",
    expires_at timestamp with time zone NOT NULL
);
CREATE TABLE public.reports (
    id text NOT NULL COLLATE pg_catalog."C",
    revision text NOT NULL COLLATE pg_catalog."C",
    text text NOT NULL COLLATE pg_catalog."C"
);
CREATE TABLE public.rosters (
    id text NOT NULL COLLATE pg_catalog."C",
    revision text NOT NULL COLLATE pg_catalog."C",
    members json NOT NULL
);
CREATE TABLE public.rows (
    set_id text NOT NULL COLLATE pg_catalog."C",
    line bigint NOT NULL,
    valid smallint NOT NULL,
    "values" text NOT NULL COLLATE pg_catalog."C"
);
CREATE TABLE public.service_accounts (
    id text NOT NULL COLLATE pg_catalog."C",
    revision text NOT NULL COLLATE pg_catalog."C",
    role text NOT NULL COLLATE pg_catalog."C",
    name text NOT NULL COLLATE pg_catalog."C",
    secret_hash text NOT NULL COLLATE pg_catalog."C",
    old_hash text COLLATE pg_catalog."C",
    created_at timestamp with time zone NOT NULL,
    old_until timestamp with time zone,
    old_secrets json
);
CREATE TABLE public.sessions (
    id text NOT NULL COLLATE pg_catalog."C",
    revision text NOT NULL COLLATE pg_catalog."C",
    user_id text NOT NULL COLLATE pg_catalog."C",
    user_agent text COLLATE pg_catalog."C",
    ip text COLLATE pg_catalog."C",
    current_hash text COLLATE pg_catalog."C",
    spent_hash text COLLATE pg_catalog."C",
    epoch bigint NOT NULL,
    generation bigint NOT NULL,
    created_at timestamp with time zone NOT NULL,
    last_used_at timestamp with time zone NOT NULL,
    expires_at timestamp with time zone NOT NULL,
    ends_at timestamp with time zone NOT NULL,
    spent_at timestamp with time zone,
    signed_in_at timestamp with time zone,
    second_factor text COLLATE pg_catalog."C",
    methods json,
    stepped_up_at timestamp with time zone
);
CREATE TABLE public.sign_ins (
    id text NOT NULL COLLATE pg_catalog."C",
    revision text NOT NULL COLLATE pg_catalog."C",
    day timestamp with time zone NOT NULL
);
CREATE TABLE public.spent (
    id text NOT NULL COLLATE pg_catalog."C",
    revision text NOT NULL COLLATE pg_catalog."C",
    expires_at timestamp with time zone NOT NULL
);
CREATE TABLE public.tasks (
    id text NOT NULL COLLATE pg_catalog."C",
    revision text NOT NULL COLLATE pg_catalog."C",
    user_id text NOT NULL COLLATE pg_catalog."C",
    title text NOT NULL COLLATE pg_catalog."C",
    description text COLLATE pg_catalog."C",
    completed boolean NOT NULL,
    created_at timestamp with time zone NOT NULL,
    updated_at timestamp with time zone NOT NULL
);
CREATE TABLE public.users (
    id text NOT NULL COLLATE pg_catalog."C",
    revision text NOT NULL COLLATE pg_catalog."C",
    username text COLLATE pg_catalog."C",
    username_key text COLLATE pg_catalog."C",
    email text COLLATE pg_catalog."C",
    email_key text COLLATE pg_catalog."C",
    name text COLLATE pg_catalog."C",
    last_name text COLLATE pg_catalog."C",
    password_hash text COLLATE pg_catalog."C",
    kept_session text COLLATE pg_catalog."C",
    role text NOT NULL COLLATE pg_catalog."C",
    state text NOT NULL COLLATE pg_catalog."C",
    email_verified boolean NOT NULL,
    disabled boolean NOT NULL,
    session_epoch bigint NOT NULL,
    created_at timestamp with time zone NOT NULL,
    updated_at timestamp with time zone NOT NULL,
    sessions_ended_at timestamp with time zone,
    expires_at timestamp with time zone,
    reconcile_since timestamp with time zone,
    reserved json,
    provider_valid_since timestamp with time zone,
    address_changes bigint,
    provider_project text COLLATE pg_catalog."C",
    factors json,
    invitation_id text COLLATE pg_catalog."C",
    metadata json,
    custom_claims json,
    mirrored_claims json,
    keys json,
    has_factors boolean
);
CREATE TABLE public.webhooks (
    id text NOT NULL COLLATE pg_catalog."C",
    revision text NOT NULL COLLATE pg_catalog."C",
    url text NOT NULL COLLATE pg_catalog."C",
    secret text NOT NULL COLLATE pg_catalog."C",
    description text COLLATE pg_catalog."C",
    old_secret text COLLATE pg_catalog."C",
    enabled boolean NOT NULL,
    failures bigint NOT NULL,
    created_at timestamp with time zone NOT NULL,
    updated_at timestamp with time zone NOT NULL,
    old_secret_until timestamp with time zone,
    last_success_at timestamp with time zone,
    last_failure_at timestamp with time zone,
    failing_since timestamp with time zone,
    events json NOT NULL,
    old_secrets json
);
INSERT INTO public.alembic_version VALUES ('0017');
INSERT INTO public.claims VALUES ('bare', 'b685460497255f9ea631cbd660f4c3d4', 'Å 😀 ''quoted'' 100 %', 'Å 😀 ''quoted'' 100 %');
INSERT INTO public.claims VALUES ('full', 'b685460497255f9ea631cbd660f4c3d4', 'Å 😀 ''quoted'' 100 %', 'Å 😀 ''quoted'' 100 %');
INSERT INTO public.counters VALUES ('bare', '56f41a7a165178509f7a7050637c1694', 9007199254740993, 9007199254740993, '2030-01-02 08:30:00.123456-03:30');
INSERT INTO public.counters VALUES ('full', '56f41a7a165178509f7a7050637c1694', 9007199254740993, 9007199254740993, '2030-01-02 08:30:00.123456-03:30');
INSERT INTO public.datasets VALUES ('bare', '14a03fd22e894de4d0c7f0477ca02c67', 'full', 'Å 😀 ''quoted'' 100 %', 'Å 😀 ''quoted'' 100 %', 'Å 😀 ''quoted'' 100 %', 'Å 😀 ''quoted'' 100 %', 'Å 😀 ''quoted'' 100 %', NULL, NULL, 9007199254740993, '2030-01-02 08:30:00.123456-03:30', NULL, '[["email", "\u00e5"], {"a": null, "b": [1.5]}]', '[["email", "\u00e5"], {"a": null, "b": [1.5]}]', '[["email", "\u00e5"], {"a": null, "b": [1.5]}]');
INSERT INTO public.datasets VALUES ('full', '14a03fd22e894de4d0c7f0477ca02c67', 'full', 'Å 😀 ''quoted'' 100 %', 'Å 😀 ''quoted'' 100 %', 'Å 😀 ''quoted'' 100 %', 'Å 😀 ''quoted'' 100 %', 'Å 😀 ''quoted'' 100 %', 'Å 😀 ''quoted'' 100 %', 'Å 😀 ''quoted'' 100 %', 9007199254740993, '2030-01-02 08:30:00.123456-03:30', '2030-01-02 08:30:00.123456-03:30', '[["email", "\u00e5"], {"a": null, "b": [1.5]}]', '[["email", "\u00e5"], {"a": null, "b": [1.5]}]', '[["email", "\u00e5"], {"a": null, "b": [1.5]}]');
INSERT INTO public.deliveries VALUES ('bare', '8c70c198b9ba7a2a869e5c1796425f7a', 'Å 😀 ''quoted'' 100 %', 'Å 😀 ''quoted'' 100 %', 'Å 😀 ''quoted'' 100 %', 'Å 😀 ''quoted'' 100 %', 9007199254740993, NULL, '2030-01-02 08:30:00.123456-03:30', '2030-01-02 08:30:00.123456-03:30', NULL);
INSERT INTO public.deliveries VALUES ('full', '8c70c198b9ba7a2a869e5c1796425f7a', 'Å 😀 ''quoted'' 100 %', 'Å 😀 ''quoted'' 100 %', 'Å 😀 ''quoted'' 100 %', 'Å 😀 ''quoted'' 100 %', 9007199254740993, 9007199254740993, '2030-01-02 08:30:00.123456-03:30', '2030-01-02 08:30:00.123456-03:30', '2030-01-02 08:30:00.123456-03:30');
INSERT INTO public.dogs VALUES ('bare', '1fa439a338fbccc728b98ac0a352b24d', 'full', 'Å 😀 ''quoted'' 100 %', 'Å 😀 ''quoted'' 100 %', 'Å 😀 ''quoted'' 100 %', 'Å 😀 ''quoted'' 100 %', NULL, true, '2030-01-02 08:30:00.123456-03:30');
INSERT INTO public.dogs VALUES ('full', '1fa439a338fbccc728b98ac0a352b24d', 'full', 'Å 😀 ''quoted'' 100 %', 'Å 😀 ''quoted'' 100 %', 'Å 😀 ''quoted'' 100 %', 'Å 😀 ''quoted'' 100 %', 'Å 😀 ''quoted'' 100 %', true, '2030-01-02 08:30:00.123456-03:30');
INSERT INTO public.events VALUES ('bare', '16dea5c13ca1b0146252f5f59fd2d49c', 'Å 😀 ''quoted'' 100 %', 9007199254740993, 'Å 😀 ''quoted'' 100 %', NULL, NULL, NULL, NULL, NULL, NULL, '2030-01-02 08:30:00.123456-03:30', '2030-01-02 08:30:00.123456-03:30', NULL, NULL);
INSERT INTO public.events VALUES ('full', '16dea5c13ca1b0146252f5f59fd2d49c', 'Å 😀 ''quoted'' 100 %', 9007199254740993, 'Å 😀 ''quoted'' 100 %', 'full', 'Å 😀 ''quoted'' 100 %', 'Å 😀 ''quoted'' 100 %', 'Å 😀 ''quoted'' 100 %', 'Å 😀 ''quoted'' 100 %', 'Å 😀 ''quoted'' 100 %', '2030-01-02 08:30:00.123456-03:30', '2030-01-02 08:30:00.123456-03:30', '2030-01-02 08:30:00.123456-03:30', '[["email", "\u00e5"], {"a": null, "b": [1.5]}]');
INSERT INTO public.factors VALUES ('bare', 'f59fb9cbda7f26d9d624fbbdb2866e6f', 'full', 'Å 😀 ''quoted'' 100 %', NULL, NULL, NULL, NULL, 9007199254740993, 9007199254740993, true, '2030-01-02 08:30:00.123456-03:30', NULL, NULL);
INSERT INTO public.factors VALUES ('full', 'f59fb9cbda7f26d9d624fbbdb2866e6f', 'full', 'Å 😀 ''quoted'' 100 %', 'Å 😀 ''quoted'' 100 %', 'Å 😀 ''quoted'' 100 %', 'Å 😀 ''quoted'' 100 %', 'Å 😀 ''quoted'' 100 %', 9007199254740993, 9007199254740993, true, '2030-01-02 08:30:00.123456-03:30', '2030-01-02 08:30:00.123456-03:30', '[["email", "\u00e5"], {"a": null, "b": [1.5]}]');
INSERT INTO public.files VALUES ('bare', 'd0a5a3cf2abb91eb63d5c2bd79cd99e7', 'full', 'Å 😀 ''quoted'' 100 %', 'Å 😀 ''quoted'' 100 %', 'Å 😀 ''quoted'' 100 %', 'Å 😀 ''quoted'' 100 %', 'Å 😀 ''quoted'' 100 %', NULL, 9007199254740993, '2030-01-02 08:30:00.123456-03:30', NULL);
INSERT INTO public.files VALUES ('full', 'd0a5a3cf2abb91eb63d5c2bd79cd99e7', 'full', 'Å 😀 ''quoted'' 100 %', 'Å 😀 ''quoted'' 100 %', 'Å 😀 ''quoted'' 100 %', 'Å 😀 ''quoted'' 100 %', 'Å 😀 ''quoted'' 100 %', 'Å 😀 ''quoted'' 100 %', 9007199254740993, '2030-01-02 08:30:00.123456-03:30', '2030-01-02 08:30:00.123456-03:30');
INSERT INTO public.invitations VALUES ('bare', '0f158e9be75357db14ec822517bed88e', NULL, NULL, 'Å 😀 ''quoted'' 100 %', 'Å 😀 ''quoted'' 100 %', true, '2030-01-02 08:30:00.123456-03:30', '2030-01-02 08:30:00.123456-03:30', '2030-01-02 08:30:00.123456-03:30');
INSERT INTO public.invitations VALUES ('full', '0f158e9be75357db14ec822517bed88e', 'full', 'Å 😀 ''quoted'' 100 %', 'Å 😀 ''quoted'' 100 %', 'Å 😀 ''quoted'' 100 %', true, '2030-01-02 08:30:00.123456-03:30', '2030-01-02 08:30:00.123456-03:30', '2030-01-02 08:30:00.123456-03:30');
INSERT INTO public.jobs VALUES ('bare', '55a991afc25cd4322556fa326a559e15', NULL, 'Å 😀 ''quoted'' 100 %', 'Å 😀 ''quoted'' 100 %', 'Å 😀 ''quoted'' 100 %', NULL, NULL, 9007199254740993, 0.1, '2030-01-02 08:30:00.123456-03:30', '2030-01-02 08:30:00.123456-03:30', '2030-01-02 08:30:00.123456-03:30', NULL, NULL, NULL, NULL);
INSERT INTO public.jobs VALUES ('full', '55a991afc25cd4322556fa326a559e15', 'full', 'Å 😀 ''quoted'' 100 %', 'Å 😀 ''quoted'' 100 %', 'Å 😀 ''quoted'' 100 %', 'Å 😀 ''quoted'' 100 %', 'Å 😀 ''quoted'' 100 %', 9007199254740993, 0.1, '2030-01-02 08:30:00.123456-03:30', '2030-01-02 08:30:00.123456-03:30', '2030-01-02 08:30:00.123456-03:30', '2030-01-02 08:30:00.123456-03:30', '2030-01-02 08:30:00.123456-03:30', '[["email", "\u00e5"], {"a": null, "b": [1.5]}]', 'Å 😀 ''quoted'' 100 %');
INSERT INTO public.keys VALUES ('bare', 'ef7dfa849c34b12098ecc1ee00b56e1a', 'full', 'Å 😀 ''quoted'' 100 %', 'Å 😀 ''quoted'' 100 %', 'Å 😀 ''quoted'' 100 %', 'Å 😀 ''quoted'' 100 %', '2030-01-02 08:30:00.123456-03:30', NULL, NULL);
INSERT INTO public.keys VALUES ('full', 'ef7dfa849c34b12098ecc1ee00b56e1a', 'full', 'Å 😀 ''quoted'' 100 %', 'Å 😀 ''quoted'' 100 %', 'Å 😀 ''quoted'' 100 %', 'Å 😀 ''quoted'' 100 %', '2030-01-02 08:30:00.123456-03:30', '2030-01-02 08:30:00.123456-03:30', '2030-01-02 08:30:00.123456-03:30');
INSERT INTO public.mails VALUES ('bare', '701b4078018bf300cb938eaec18ba7b0', 'Å 😀 ''quoted'' 100 %', 'Å 😀 ''quoted'' 100 %', 'Å 😀 ''quoted'' 100 %', 'Å 😀 ''quoted'' 100 %', NULL, 9007199254740993, 9007199254740993, NULL, '2030-01-02 08:30:00.123456-03:30', '2030-01-02 08:30:00.123456-03:30', NULL);
INSERT INTO public.mails VALUES ('full', '701b4078018bf300cb938eaec18ba7b0', 'Å 😀 ''quoted'' 100 %', 'Å 😀 ''quoted'' 100 %', 'Å 😀 ''quoted'' 100 %', 'Å 😀 ''quoted'' 100 %', 'full', 9007199254740993, 9007199254740993, '[["email", "\u00e5"], {"a": null, "b": [1.5]}]', '2030-01-02 08:30:00.123456-03:30', '2030-01-02 08:30:00.123456-03:30', '2030-01-02 08:30:00.123456-03:30');
INSERT INTO public.packs VALUES ('bare', 'd96eecc9334b2e0810aaad2937d1a97f', 'Å 😀 ''quoted'' 100 %', 'Å 😀 ''quoted'' 100 %', 'Å 😀 ''quoted'' 100 %', true, true);
INSERT INTO public.packs VALUES ('full', 'd96eecc9334b2e0810aaad2937d1a97f', 'Å 😀 ''quoted'' 100 %', 'Å 😀 ''quoted'' 100 %', 'Å 😀 ''quoted'' 100 %', true, true);
INSERT INTO public.receipts VALUES ('bare', 'fbf93e4d6a7e8d0670e24a44d5b3c01d', 'full', NULL, NULL, '2030-01-02 08:30:00.123456-03:30');
INSERT INTO public.receipts VALUES ('full', 'fbf93e4d6a7e8d0670e24a44d5b3c01d', 'full', 'Å 😀 ''quoted'' 100 %', 'Å 😀 ''quoted'' 100 %', '2030-01-02 08:30:00.123456-03:30');
INSERT INTO public.reports VALUES ('bare', 'e3111f549d23da4b900f685b455c58f1', 'Å 😀 ''quoted'' 100 %');
INSERT INTO public.reports VALUES ('full', 'e3111f549d23da4b900f685b455c58f1', 'Å 😀 ''quoted'' 100 %');
INSERT INTO public.rosters VALUES ('bare', '6c05b28c214d0d2a2f0f3a9eac6b718b', '[["email", "\u00e5"], {"a": null, "b": [1.5]}]');
INSERT INTO public.rosters VALUES ('full', '6c05b28c214d0d2a2f0f3a9eac6b718b', '[["email", "\u00e5"], {"a": null, "b": [1.5]}]');
INSERT INTO public.rows VALUES ('full', 2, 1, '{"\u00e5": "2"}');
INSERT INTO public.rows VALUES ('full', 3, 0, '{"\u00e5": "3"}');
INSERT INTO public.rows VALUES ('full', 4, 1, '{"\u00e5": "4"}');
INSERT INTO public.service_accounts VALUES ('bare', '8272b3a4d813ce2cb49c3858e5b1a967', 'Å 😀 ''quoted'' 100 %', 'Å 😀 ''quoted'' 100 %', 'Å 😀 ''quoted'' 100 %', NULL, '2030-01-02 08:30:00.123456-03:30', NULL, NULL);
INSERT INTO public.service_accounts VALUES ('full', '8272b3a4d813ce2cb49c3858e5b1a967', 'Å 😀 ''quoted'' 100 %', 'Å 😀 ''quoted'' 100 %', 'Å 😀 ''quoted'' 100 %', 'Å 😀 ''quoted'' 100 %', '2030-01-02 08:30:00.123456-03:30', '2030-01-02 08:30:00.123456-03:30', '[["email", "\u00e5"], {"a": null, "b": [1.5]}]');
INSERT INTO public.sessions VALUES ('bare', 'f01d0ea7d398c5e08605cb28cb8c4478', 'full', NULL, NULL, NULL, NULL, 9007199254740993, 9007199254740993, '2030-01-02 08:30:00.123456-03:30', '2030-01-02 08:30:00.123456-03:30', '2030-01-02 08:30:00.123456-03:30', '2030-01-02 08:30:00.123456-03:30', NULL, NULL, NULL, NULL, NULL);
INSERT INTO public.sessions VALUES ('full', 'f01d0ea7d398c5e08605cb28cb8c4478', 'full', 'Å 😀 ''quoted'' 100 %', 'Å 😀 ''quoted'' 100 %', 'Å 😀 ''quoted'' 100 %', 'Å 😀 ''quoted'' 100 %', 9007199254740993, 9007199254740993, '2030-01-02 08:30:00.123456-03:30', '2030-01-02 08:30:00.123456-03:30', '2030-01-02 08:30:00.123456-03:30', '2030-01-02 08:30:00.123456-03:30', '2030-01-02 08:30:00.123456-03:30', '2030-01-02 08:30:00.123456-03:30', 'Å 😀 ''quoted'' 100 %', '[["email", "\u00e5"], {"a": null, "b": [1.5]}]', '2030-01-02 08:30:00.123456-03:30');
INSERT INTO public.sign_ins VALUES ('bare', 'af8aefbd91a2959a083614060d3c91d0', '2030-01-02 08:30:00.123456-03:30');
INSERT INTO public.sign_ins VALUES ('full', 'af8aefbd91a2959a083614060d3c91d0', '2030-01-02 08:30:00.123456-03:30');
INSERT INTO public.spent VALUES ('bare', 'c339be71a831edcf930b656d7687a4a6', '2030-01-02 08:30:00.123456-03:30');
INSERT INTO public.spent VALUES ('full', 'c339be71a831edcf930b656d7687a4a6', '2030-01-02 08:30:00.123456-03:30');
INSERT INTO public.tasks VALUES ('bare', '1add86565a587e5f2191b9a574301153', 'full', 'Å 😀 ''quoted'' 100 %', NULL, true, '2030-01-02 08:30:00.123456-03:30', '2030-01-02 08:30:00.123456-03:30');
INSERT INTO public.tasks VALUES ('full', '1add86565a587e5f2191b9a574301153', 'full', 'Å 😀 ''quoted'' 100 %', 'Å 😀 ''quoted'' 100 %', true, '2030-01-02 08:30:00.123456-03:30', '2030-01-02 08:30:00.123456-03:30');
INSERT INTO public.users VALUES ('bare', 'c0eaeca3d18a2338f1554ab0f519a260', NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, 'Å 😀 ''quoted'' 100 %', 'Å 😀 ''quoted'' 100 %', true, true, 9007199254740993, '2030-01-02 08:30:00.123456-03:30', '2030-01-02 08:30:00.123456-03:30', NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL);
INSERT INTO public.users VALUES ('full', 'c0eaeca3d18a2338f1554ab0f519a260', 'Å 😀 ''quoted'' 100 %', 'Å 😀 ''quoted'' 100 %', 'Å 😀 ''quoted'' 100 %', 'Å 😀 ''quoted'' 100 %', 'Å 😀 ''quoted'' 100 %', 'Å 😀 ''quoted'' 100 %', 'Å 😀 ''quoted'' 100 %', 'Å 😀 ''quoted'' 100 %', 'Å 😀 ''quoted'' 100 %', 'Å 😀 ''quoted'' 100 %', true, true, 9007199254740993, '2030-01-02 08:30:00.123456-03:30', '2030-01-02 08:30:00.123456-03:30', '2030-01-02 08:30:00.123456-03:30', '2030-01-02 08:30:00.123456-03:30', '2030-01-02 08:30:00.123456-03:30', '[["email", "\u00e5"], {"a": null, "b": [1.5]}]', '2030-01-02 08:30:00.123456-03:30', 9007199254740993, 'Å 😀 ''quoted'' 100 %', '[["email", "\u00e5"], {"a": null, "b": [1.5]}]', 'Å 😀 ''quoted'' 100 %', '[["email", "\u00e5"], {"a": null, "b": [1.5]}]', '[["email", "\u00e5"], {"a": null, "b": [1.5]}]', '[["email", "\u00e5"], {"a": null, "b": [1.5]}]', '[["email", "\u00e5"], {"a": null, "b": [1.5]}]', true);
INSERT INTO public.webhooks VALUES ('bare', '22c2b538bab799d6cbc5cea82c8b5254', 'Å 😀 ''quoted'' 100 %', 'Å 😀 ''quoted'' 100 %', NULL, NULL, true, 9007199254740993, '2030-01-02 08:30:00.123456-03:30', '2030-01-02 08:30:00.123456-03:30', NULL, NULL, NULL, NULL, '[["email", "\u00e5"], {"a": null, "b": [1.5]}]', NULL);
INSERT INTO public.webhooks VALUES ('full', '22c2b538bab799d6cbc5cea82c8b5254', 'Å 😀 ''quoted'' 100 %', 'Å 😀 ''quoted'' 100 %', 'Å 😀 ''quoted'' 100 %', 'Å 😀 ''quoted'' 100 %', true, 9007199254740993, '2030-01-02 08:30:00.123456-03:30', '2030-01-02 08:30:00.123456-03:30', '2030-01-02 08:30:00.123456-03:30', '2030-01-02 08:30:00.123456-03:30', '2030-01-02 08:30:00.123456-03:30', '2030-01-02 08:30:00.123456-03:30', '[["email", "\u00e5"], {"a": null, "b": [1.5]}]', '[["email", "\u00e5"], {"a": null, "b": [1.5]}]');
ALTER TABLE ONLY public.alembic_version
    ADD CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num);
ALTER TABLE ONLY public.claims
    ADD CONSTRAINT claims_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.counters
    ADD CONSTRAINT counters_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.datasets
    ADD CONSTRAINT datasets_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.deliveries
    ADD CONSTRAINT deliveries_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.dogs
    ADD CONSTRAINT dogs_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.events
    ADD CONSTRAINT events_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.factors
    ADD CONSTRAINT factors_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.files
    ADD CONSTRAINT files_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.invitations
    ADD CONSTRAINT invitations_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.jobs
    ADD CONSTRAINT jobs_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.keys
    ADD CONSTRAINT keys_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.mails
    ADD CONSTRAINT mails_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.packs
    ADD CONSTRAINT packs_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.receipts
    ADD CONSTRAINT receipts_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.reports
    ADD CONSTRAINT reports_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.rosters
    ADD CONSTRAINT rosters_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.rows
    ADD CONSTRAINT rows_pkey PRIMARY KEY (set_id, line);
ALTER TABLE ONLY public.service_accounts
    ADD CONSTRAINT service_accounts_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.sessions
    ADD CONSTRAINT sessions_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.sign_ins
    ADD CONSTRAINT sign_ins_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.spent
    ADD CONSTRAINT spent_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.tasks
    ADD CONSTRAINT tasks_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.users
    ADD CONSTRAINT users_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.webhooks
    ADD CONSTRAINT webhooks_pkey PRIMARY KEY (id);
CREATE INDEX ix_counters_expires_at ON public.counters USING btree (expires_at, id);
CREATE INDEX ix_datasets_reconcile_since ON public.datasets USING btree (reconcile_since, id);
CREATE INDEX ix_datasets_state_created_at ON public.datasets USING btree (state, created_at, id);
CREATE INDEX ix_datasets_state_user_id_created_at ON public.datasets USING btree (state, user_id, created_at, id);
CREATE INDEX ix_datasets_user_id_created_at ON public.datasets USING btree (user_id, created_at, id);
CREATE INDEX ix_deliveries_expires_at ON public.deliveries USING btree (expires_at, id);
CREATE INDEX ix_deliveries_webhook_id_created_at ON public.deliveries USING btree (webhook_id, created_at, id);
CREATE INDEX ix_deliveries_webhook_id_next_attempt_at ON public.deliveries USING btree (webhook_id, next_attempt_at, id);
CREATE INDEX ix_dogs_is_adopted_name_key ON public.dogs USING btree (is_adopted, name_key, id);
CREATE INDEX ix_dogs_name_key ON public.dogs USING btree (name_key, id);
CREATE INDEX ix_dogs_user_id_name_key ON public.dogs USING btree (user_id, name_key, id);
CREATE INDEX ix_events_expires_at ON public.events USING btree (expires_at, id);
CREATE INDEX ix_events_shard_at ON public.events USING btree (shard, at, id);
CREATE INDEX ix_events_shard_due_at ON public.events USING btree (shard, due_at, id);
CREATE INDEX ix_events_shard_type_at ON public.events USING btree (shard, type, at, id);
CREATE INDEX ix_events_user_id_at ON public.events USING btree (user_id, at, id);
CREATE INDEX ix_events_user_id_type_at ON public.events USING btree (user_id, type, at, id);
CREATE INDEX ix_factors_user_id_created_at ON public.factors USING btree (user_id, created_at, id);
CREATE INDEX ix_files_reconcile_since ON public.files USING btree (reconcile_since, id);
CREATE INDEX ix_files_state_created_at ON public.files USING btree (state, created_at, id);
CREATE INDEX ix_files_state_user_id_created_at ON public.files USING btree (state, user_id, created_at, id);
CREATE INDEX ix_files_user_id_created_at ON public.files USING btree (user_id, created_at, id);
CREATE INDEX ix_invitations_created_at ON public.invitations USING btree (created_at, id);
CREATE INDEX ix_invitations_expires_at ON public.invitations USING btree (expires_at, id);
CREATE INDEX ix_invitations_is_accepted_created_at ON public.invitations USING btree (is_accepted, created_at, id);
CREATE INDEX ix_invitations_user_id_created_at ON public.invitations USING btree (user_id, created_at, id);
CREATE INDEX ix_jobs_created_at ON public.jobs USING btree (created_at, id);
CREATE INDEX ix_jobs_due_at ON public.jobs USING btree (due_at, id);
CREATE INDEX ix_jobs_expires_at ON public.jobs USING btree (expires_at, id);
CREATE INDEX ix_jobs_status_created_at ON public.jobs USING btree (status, created_at, id);
CREATE INDEX ix_jobs_user_id_created_at ON public.jobs USING btree (user_id, created_at, id);
CREATE INDEX ix_keys_user_id_created_at ON public.keys USING btree (user_id, created_at, id);
CREATE INDEX ix_mails_expires_at ON public.mails USING btree (expires_at, id);
CREATE INDEX ix_mails_kind_address_key_created_at ON public.mails USING btree (kind, address_key, created_at, id);
CREATE INDEX ix_packs_set_id_valid_place ON public.packs USING btree (set_id, valid, place, id);
CREATE INDEX ix_receipts_expires_at ON public.receipts USING btree (expires_at, id);
CREATE INDEX ix_receipts_user_id_expires_at ON public.receipts USING btree (user_id, expires_at, id);
CREATE INDEX ix_rows_invalid ON public.rows USING btree (set_id, line, valid) WHERE (valid = 0);
CREATE INDEX ix_service_accounts_created_at ON public.service_accounts USING btree (created_at, id);
CREATE INDEX ix_sessions_expires_at ON public.sessions USING btree (expires_at, id);
CREATE INDEX ix_sessions_user_id_created_at ON public.sessions USING btree (user_id, created_at, id);
CREATE INDEX ix_sign_ins_day ON public.sign_ins USING btree (day, id);
CREATE INDEX ix_spent_expires_at ON public.spent USING btree (expires_at, id);
CREATE INDEX ix_tasks_user_id_completed_created_at ON public.tasks USING btree (user_id, completed, created_at, id);
CREATE INDEX ix_tasks_user_id_created_at ON public.tasks USING btree (user_id, created_at, id);
CREATE INDEX ix_users_email_key ON public.users USING btree (email_key, id);
CREATE INDEX ix_users_expires_at ON public.users USING btree (expires_at, id);
CREATE INDEX ix_users_reconcile_since ON public.users USING btree (reconcile_since, id);
CREATE INDEX ix_users_state_disabled_username_key ON public.users USING btree (state, disabled, username_key, id);
CREATE INDEX ix_users_state_email_verified_username_key ON public.users USING btree (state, email_verified, username_key, id);
CREATE INDEX ix_users_state_has_factors_username_key ON public.users USING btree (state, has_factors, username_key, id);
CREATE INDEX ix_users_state_role_username_key ON public.users USING btree (state, role, username_key, id);
CREATE INDEX ix_users_state_username_key ON public.users USING btree (state, username_key, id);
CREATE INDEX ix_users_username_key ON public.users USING btree (username_key, id);
CREATE INDEX ix_webhooks_created_at ON public.webhooks USING btree (created_at, id);
ALTER TABLE ONLY public.datasets
    ADD CONSTRAINT fk_datasets_user_id FOREIGN KEY (user_id) REFERENCES public.users(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.dogs
    ADD CONSTRAINT fk_dogs_user_id FOREIGN KEY (user_id) REFERENCES public.users(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.factors
    ADD CONSTRAINT fk_factors_user_id FOREIGN KEY (user_id) REFERENCES public.users(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.files
    ADD CONSTRAINT fk_files_user_id FOREIGN KEY (user_id) REFERENCES public.users(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.jobs
    ADD CONSTRAINT fk_jobs_user_id FOREIGN KEY (user_id) REFERENCES public.users(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.keys
    ADD CONSTRAINT fk_keys_user_id FOREIGN KEY (user_id) REFERENCES public.users(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.receipts
    ADD CONSTRAINT fk_receipts_user_id FOREIGN KEY (user_id) REFERENCES public.users(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.sessions
    ADD CONSTRAINT fk_sessions_user_id FOREIGN KEY (user_id) REFERENCES public.users(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.tasks
    ADD CONSTRAINT fk_tasks_user_id FOREIGN KEY (user_id) REFERENCES public.users(id) DEFERRABLE INITIALLY DEFERRED;
