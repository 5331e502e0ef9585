BEGIN TRANSACTION;
CREATE TABLE alembic_version (
	version_num VARCHAR(32) NOT NULL, 
	CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num)
);
INSERT INTO "alembic_version" VALUES('0010');
CREATE TABLE claims (
	id TEXT NOT NULL, 
	revision TEXT NOT NULL, 
	kind TEXT NOT NULL, 
	holder_id TEXT NOT NULL, 
	PRIMARY KEY (id)
);
INSERT INTO "claims" VALUES('full','b92af0c0587e45b447ceb5851b9efc12','Å 😀 ''quoted'' 100 %','Å 😀 ''quoted'' 100 %');
INSERT INTO "claims" VALUES('bare','b92af0c0587e45b447ceb5851b9efc12','Å 😀 ''quoted'' 100 %','Å 😀 ''quoted'' 100 %');
CREATE TABLE counters (
	id TEXT NOT NULL, 
	revision TEXT NOT NULL, 
	hits BIGINT NOT NULL, 
	ends BIGINT NOT NULL, 
	expires_at DATETIME NOT NULL, 
	PRIMARY KEY (id)
);
INSERT INTO "counters" VALUES('full','f4acd339dea4bf13b08043594ec7e2ad',9007199254740993,9007199254740993,'2030-01-02 12:00:00.123456');
INSERT INTO "counters" VALUES('bare','f4acd339dea4bf13b08043594ec7e2ad',9007199254740993,9007199254740993,'2030-01-02 12:00:00.123456');
CREATE TABLE datasets (
	id TEXT NOT NULL, 
	revision TEXT NOT NULL, 
	user_id TEXT NOT NULL, 
	name TEXT NOT NULL, 
	filename TEXT NOT NULL, 
	sha256 TEXT NOT NULL, 
	status TEXT NOT NULL, 
	state TEXT NOT NULL, 
	job_id TEXT, 
	receipt_id TEXT, 
	size BIGINT NOT NULL, 
	created_at DATETIME NOT NULL, 
	reconcile_since DATETIME, 
	read_options JSON NOT NULL, 
	row_sets JSON NOT NULL, 
	pieces JSON NOT NULL, 
	PRIMARY KEY (id)
);
INSERT INTO "datasets" VALUES('full','53a106ae6f60290f7000ba9d35ec0270','full','Å 😀 ''quoted'' 100 %','Å 😀 ''quoted'' 100 %','Å 😀 ''quoted'' 100 %','Å 😀 ''quoted'' 100 %','Å 😀 ''quoted'' 100 %','Å 😀 ''quoted'' 100 %','Å 😀 ''quoted'' 100 %',9007199254740993,'2030-01-02 12:00:00.123456','2030-01-02 12:00:00.123456','[["email", "\u00e5"], {"a": null, "b": [1.5]}]','[["email", "\u00e5"], {"a": null, "b": [1.5]}]','[["email", "\u00e5"], {"a": null, "b": [1.5]}]');
INSERT INTO "datasets" VALUES('bare','53a106ae6f60290f7000ba9d35ec0270','full','Å 😀 ''quoted'' 100 %','Å 😀 ''quoted'' 100 %','Å 😀 ''quoted'' 100 %','Å 😀 ''quoted'' 100 %','Å 😀 ''quoted'' 100 %',NULL,NULL,9007199254740993,'2030-01-02 12:00:00.123456',NULL,'[["email", "\u00e5"], {"a": null, "b": [1.5]}]','[["email", "\u00e5"], {"a": null, "b": [1.5]}]','[["email", "\u00e5"], {"a": null, "b": [1.5]}]');
CREATE TABLE dogs (
	id TEXT NOT NULL, 
	revision TEXT NOT NULL, 
	user_id TEXT NOT NULL, 
	name TEXT NOT NULL, 
	name_key TEXT NOT NULL, 
	picture_status TEXT NOT NULL, 
	job_id TEXT NOT NULL, 
	picture TEXT, 
	is_adopted BOOLEAN NOT NULL, 
	created_at DATETIME NOT NULL, 
	PRIMARY KEY (id)
);
INSERT INTO "dogs" VALUES('full','420db4db5cebb65fac7d53119acf2fbd','full','Å 😀 ''quoted'' 100 %','Å 😀 ''quoted'' 100 %','Å 😀 ''quoted'' 100 %','Å 😀 ''quoted'' 100 %','Å 😀 ''quoted'' 100 %',1,'2030-01-02 12:00:00.123456');
INSERT INTO "dogs" VALUES('bare','420db4db5cebb65fac7d53119acf2fbd','full','Å 😀 ''quoted'' 100 %','Å 😀 ''quoted'' 100 %','Å 😀 ''quoted'' 100 %','Å 😀 ''quoted'' 100 %',NULL,1,'2030-01-02 12:00:00.123456');
CREATE TABLE events (
	id TEXT NOT NULL, 
	revision TEXT NOT NULL, 
	type TEXT NOT NULL, 
	shard BIGINT NOT NULL, 
	actor_kind TEXT NOT NULL, 
	user_id TEXT, 
	actor_id TEXT, 
	session_id TEXT, 
	ip TEXT, 
	user_agent TEXT, 
	request_id TEXT, 
	at DATETIME NOT NULL, 
	expires_at DATETIME NOT NULL, 
	due_at DATETIME, 
	data JSON, 
	PRIMARY KEY (id)
);
INSERT INTO "events" VALUES('full','8c68fd1eb725c7ffa04a866fb9e4a72e','Å 😀 ''quoted'' 100 %',9007199254740993,'Å 😀 ''quoted'' 100 %','full','Å 😀 ''quoted'' 100 %','Å 😀 ''quoted'' 100 %','Å 😀 ''quoted'' 100 %','Å 😀 ''quoted'' 100 %','Å 😀 ''quoted'' 100 %','2030-01-02 12:00:00.123456','2030-01-02 12:00:00.123456','2030-01-02 12:00:00.123456','[["email", "\u00e5"], {"a": null, "b": [1.5]}]');
INSERT INTO "events" VALUES('bare','8c68fd1eb725c7ffa04a866fb9e4a72e','Å 😀 ''quoted'' 100 %',9007199254740993,'Å 😀 ''quoted'' 100 %',NULL,NULL,NULL,NULL,NULL,NULL,'2030-01-02 12:00:00.123456','2030-01-02 12:00:00.123456',NULL,NULL);
CREATE TABLE factors (
	id TEXT NOT NULL, 
	revision TEXT NOT NULL, 
	user_id TEXT NOT NULL, 
	kind TEXT NOT NULL, 
	name TEXT, 
	secret TEXT, 
	credential_id TEXT, 
	public_key TEXT, 
	last_step BIGINT NOT NULL, 
	counter BIGINT NOT NULL, 
	backed_up BOOLEAN NOT NULL, 
	created_at DATETIME NOT NULL, 
	last_used_at DATETIME, 
	code_hashes JSON, 
	PRIMARY KEY (id)
);
INSERT INTO "factors" VALUES('full','3dfdeb835c3534e288a6b2448207d099','full','Å 😀 ''quoted'' 100 %','Å 😀 ''quoted'' 100 %','Å 😀 ''quoted'' 100 %','Å 😀 ''quoted'' 100 %','Å 😀 ''quoted'' 100 %',9007199254740993,9007199254740993,1,'2030-01-02 12:00:00.123456','2030-01-02 12:00:00.123456','[["email", "\u00e5"], {"a": null, "b": [1.5]}]');
INSERT INTO "factors" VALUES('bare','3dfdeb835c3534e288a6b2448207d099','full','Å 😀 ''quoted'' 100 %',NULL,NULL,NULL,NULL,9007199254740993,9007199254740993,1,'2030-01-02 12:00:00.123456',NULL,NULL);
CREATE TABLE files (
	id TEXT NOT NULL, 
	revision TEXT NOT NULL, 
	user_id TEXT NOT NULL, 
	filename TEXT NOT NULL, 
	content_type TEXT NOT NULL, 
	sha256 TEXT NOT NULL, 
	state TEXT NOT NULL, 
	job_id TEXT NOT NULL, 
	receipt_id TEXT, 
	size BIGINT NOT NULL, 
	created_at DATETIME NOT NULL, 
	reconcile_since DATETIME, 
	PRIMARY KEY (id)
);
INSERT INTO "files" VALUES('full','3367b68c12c88b2eec88e2821f889ae9','full','Å 😀 ''quoted'' 100 %','Å 😀 ''quoted'' 100 %','Å 😀 ''quoted'' 100 %','Å 😀 ''quoted'' 100 %','Å 😀 ''quoted'' 100 %','Å 😀 ''quoted'' 100 %',9007199254740993,'2030-01-02 12:00:00.123456','2030-01-02 12:00:00.123456');
INSERT INTO "files" VALUES('bare','3367b68c12c88b2eec88e2821f889ae9','full','Å 😀 ''quoted'' 100 %','Å 😀 ''quoted'' 100 %','Å 😀 ''quoted'' 100 %','Å 😀 ''quoted'' 100 %','Å 😀 ''quoted'' 100 %',NULL,9007199254740993,'2030-01-02 12:00:00.123456',NULL);
CREATE TABLE invitations (
	id TEXT NOT NULL, 
	revision TEXT NOT NULL, 
	user_id TEXT, 
	made_by TEXT, 
	email TEXT NOT NULL, 
	role TEXT NOT NULL, 
	is_accepted BOOLEAN NOT NULL, 
	created_at DATETIME NOT NULL, 
	valid_until DATETIME NOT NULL, 
	expires_at DATETIME NOT NULL, 
	PRIMARY KEY (id)
);
INSERT INTO "invitations" VALUES('full','5c062b5295b69d8951f47f108eb79086','full','Å 😀 ''quoted'' 100 %','Å 😀 ''quoted'' 100 %','Å 😀 ''quoted'' 100 %',1,'2030-01-02 12:00:00.123456','2030-01-02 12:00:00.123456','2030-01-02 12:00:00.123456');
INSERT INTO "invitations" VALUES('bare','5c062b5295b69d8951f47f108eb79086',NULL,NULL,'Å 😀 ''quoted'' 100 %','Å 😀 ''quoted'' 100 %',1,'2030-01-02 12:00:00.123456','2030-01-02 12:00:00.123456','2030-01-02 12:00:00.123456');
CREATE TABLE "jobs" (
	id TEXT NOT NULL, 
	revision TEXT NOT NULL, 
	user_id TEXT, 
	kind TEXT NOT NULL, 
	subject_id TEXT NOT NULL, 
	status TEXT NOT NULL, 
	error TEXT, 
	ticket TEXT, 
	attempts BIGINT NOT NULL, 
	progress DOUBLE NOT NULL, 
	created_at DATETIME NOT NULL, 
	updated_at DATETIME NOT NULL, 
	run_at DATETIME NOT NULL, 
	due_at DATETIME, 
	expires_at DATETIME, 
	result JSON, 
	PRIMARY KEY (id)
);
INSERT INTO "jobs" VALUES('full','7bb6297e881de16dc4a1647d2fc5bfea','full','Å 😀 ''quoted'' 100 %','Å 😀 ''quoted'' 100 %','Å 😀 ''quoted'' 100 %','Å 😀 ''quoted'' 100 %','Å 😀 ''quoted'' 100 %',9007199254740993,0.1,'2030-01-02 12:00:00.123456','2030-01-02 12:00:00.123456','2030-01-02 12:00:00.123456','2030-01-02 12:00:00.123456','2030-01-02 12:00:00.123456','[["email", "\u00e5"], {"a": null, "b": [1.5]}]');
INSERT INTO "jobs" VALUES('bare','7bb6297e881de16dc4a1647d2fc5bfea',NULL,'Å 😀 ''quoted'' 100 %','Å 😀 ''quoted'' 100 %','Å 😀 ''quoted'' 100 %',NULL,NULL,9007199254740993,0.1,'2030-01-02 12:00:00.123456','2030-01-02 12:00:00.123456','2030-01-02 12:00:00.123456',NULL,NULL,NULL);
CREATE TABLE mails (
	id TEXT NOT NULL, 
	revision TEXT NOT NULL, 
	kind TEXT NOT NULL, 
	address_key TEXT NOT NULL, 
	address TEXT NOT NULL, 
	language TEXT NOT NULL, 
	user_id TEXT, 
	epoch BIGINT NOT NULL, 
	attempts BIGINT NOT NULL, 
	details JSON, 
	created_at DATETIME NOT NULL, 
	expires_at DATETIME NOT NULL, 
	valid_until DATETIME, 
	PRIMARY KEY (id)
);
INSERT INTO "mails" VALUES('full','02c50999297cb28accfbad221e6e1a5f','Å 😀 ''quoted'' 100 %','Å 😀 ''quoted'' 100 %','Å 😀 ''quoted'' 100 %','Å 😀 ''quoted'' 100 %','full',9007199254740993,9007199254740993,'[["email", "\u00e5"], {"a": null, "b": [1.5]}]','2030-01-02 12:00:00.123456','2030-01-02 12:00:00.123456','2030-01-02 12:00:00.123456');
INSERT INTO "mails" VALUES('bare','02c50999297cb28accfbad221e6e1a5f','Å 😀 ''quoted'' 100 %','Å 😀 ''quoted'' 100 %','Å 😀 ''quoted'' 100 %','Å 😀 ''quoted'' 100 %',NULL,9007199254740993,9007199254740993,NULL,'2030-01-02 12:00:00.123456','2030-01-02 12:00:00.123456',NULL);
CREATE TABLE packs (
	id TEXT NOT NULL, 
	revision TEXT NOT NULL, 
	set_id TEXT NOT NULL, 
	place TEXT NOT NULL, 
	rows TEXT NOT NULL, 
	valid BOOLEAN NOT NULL, 
	goes_on BOOLEAN NOT NULL, 
	PRIMARY KEY (id)
);
INSERT INTO "packs" VALUES('full','c0c8a7937fbfb934cd61c0bc0eea193b','Å 😀 ''quoted'' 100 %','Å 😀 ''quoted'' 100 %','Å 😀 ''quoted'' 100 %',1,1);
INSERT INTO "packs" VALUES('bare','c0c8a7937fbfb934cd61c0bc0eea193b','Å 😀 ''quoted'' 100 %','Å 😀 ''quoted'' 100 %','Å 😀 ''quoted'' 100 %',1,1);
CREATE TABLE receipts (
	id TEXT NOT NULL, 
	revision TEXT NOT NULL, 
	user_id TEXT NOT NULL, 
	fingerprint TEXT, 
	answer TEXT, 
	expires_at DATETIME NOT NULL, 
	PRIMARY KEY (id)
);
INSERT INTO "receipts" VALUES('full','6e563adc886db509815b911e662567ba','full','Å 😀 ''quoted'' 100 %','Å 😀 ''quoted'' 100 %','2030-01-02 12:00:00.123456');
INSERT INTO "receipts" VALUES('bare','6e563adc886db509815b911e662567ba','full',NULL,NULL,'2030-01-02 12:00:00.123456');
CREATE TABLE reports (
	id TEXT NOT NULL, 
	revision TEXT NOT NULL, 
	text TEXT NOT NULL, 
	PRIMARY KEY (id)
);
INSERT INTO "reports" VALUES('full','6a1c6043415e7b4ad5e4e3405ed4d852','Å 😀 ''quoted'' 100 %');
INSERT INTO "reports" VALUES('bare','6a1c6043415e7b4ad5e4e3405ed4d852','Å 😀 ''quoted'' 100 %');
CREATE TABLE rosters (
	id TEXT NOT NULL, 
	revision TEXT NOT NULL, 
	members JSON NOT NULL, 
	PRIMARY KEY (id)
);
INSERT INTO "rosters" VALUES('full','92db0721addd59ee9446d54b5da20bdd','[["email", "\u00e5"], {"a": null, "b": [1.5]}]');
INSERT INTO "rosters" VALUES('bare','92db0721addd59ee9446d54b5da20bdd','[["email", "\u00e5"], {"a": null, "b": [1.5]}]');
CREATE TABLE rows (
	set_id TEXT NOT NULL, 
	line BIGINT NOT NULL, 
	valid SMALLINT NOT NULL, 
	"values" TEXT NOT NULL, 
	PRIMARY KEY (set_id, line)
)
 WITHOUT ROWID

;
INSERT INTO "rows" VALUES('full',2,1,'{"\u00e5": "2"}');
INSERT INTO "rows" VALUES('full',3,0,'{"\u00e5": "3"}');
INSERT INTO "rows" VALUES('full',4,1,'{"\u00e5": "4"}');
CREATE TABLE sessions (
	id TEXT NOT NULL, 
	revision TEXT NOT NULL, 
	user_id TEXT NOT NULL, 
	user_agent TEXT, 
	ip TEXT, 
	current_hash TEXT, 
	spent_hash TEXT, 
	epoch BIGINT NOT NULL, 
	generation BIGINT NOT NULL, 
	created_at DATETIME NOT NULL, 
	last_used_at DATETIME NOT NULL, 
	expires_at DATETIME NOT NULL, 
	ends_at DATETIME NOT NULL, 
	spent_at DATETIME, signed_in_at DATETIME, second_factor TEXT, methods JSON, stepped_up_at DATETIME, 
	PRIMARY KEY (id)
);
INSERT INTO "sessions" VALUES('full','4b816ed441242be4ea81b7e82bdcddf6','full','Å 😀 ''quoted'' 100 %','Å 😀 ''quoted'' 100 %','Å 😀 ''quoted'' 100 %','Å 😀 ''quoted'' 100 %',9007199254740993,9007199254740993,'2030-01-02 12:00:00.123456','2030-01-02 12:00:00.123456','2030-01-02 12:00:00.123456','2030-01-02 12:00:00.123456','2030-01-02 12:00:00.123456','2030-01-02 12:00:00.123456','Å 😀 ''quoted'' 100 %','[["email", "\u00e5"], {"a": null, "b": [1.5]}]','2030-01-02 12:00:00.123456');
INSERT INTO "sessions" VALUES('bare','4b816ed441242be4ea81b7e82bdcddf6','full',NULL,NULL,NULL,NULL,9007199254740993,9007199254740993,'2030-01-02 12:00:00.123456','2030-01-02 12:00:00.123456','2030-01-02 12:00:00.123456','2030-01-02 12:00:00.123456',NULL,NULL,NULL,NULL,NULL);
CREATE TABLE spent (
	id TEXT NOT NULL, 
	revision TEXT NOT NULL, 
	expires_at DATETIME NOT NULL, 
	PRIMARY KEY (id)
);
INSERT INTO "spent" VALUES('full','84c5610daf3661b4d9a048a86808911f','2030-01-02 12:00:00.123456');
INSERT INTO "spent" VALUES('bare','84c5610daf3661b4d9a048a86808911f','2030-01-02 12:00:00.123456');
CREATE TABLE tasks (
	id TEXT NOT NULL, 
	revision TEXT NOT NULL, 
	user_id TEXT NOT NULL, 
	title TEXT NOT NULL, 
	description TEXT, 
	completed BOOLEAN NOT NULL, 
	created_at DATETIME NOT NULL, 
	updated_at DATETIME NOT NULL, 
	PRIMARY KEY (id)
);
INSERT INTO "tasks" VALUES('full','f8efb648e69445f2a9a8f72831962039','full','Å 😀 ''quoted'' 100 %','Å 😀 ''quoted'' 100 %',1,'2030-01-02 12:00:00.123456','2030-01-02 12:00:00.123456');
INSERT INTO "tasks" VALUES('bare','f8efb648e69445f2a9a8f72831962039','full','Å 😀 ''quoted'' 100 %',NULL,1,'2030-01-02 12:00:00.123456','2030-01-02 12:00:00.123456');
CREATE TABLE users (
	id TEXT NOT NULL, 
	revision TEXT NOT NULL, 
	username TEXT, 
	username_key TEXT, 
	email TEXT, 
	email_key TEXT, 
	name TEXT, 
	last_name TEXT, 
	password_hash TEXT, 
	kept_session TEXT, 
	role TEXT NOT NULL, 
	state TEXT NOT NULL, 
	email_verified BOOLEAN NOT NULL, 
	disabled BOOLEAN NOT NULL, 
	session_epoch BIGINT NOT NULL, 
	created_at DATETIME NOT NULL, 
	updated_at DATETIME NOT NULL, 
	sessions_ended_at DATETIME, 
	expires_at DATETIME, 
	reconcile_since DATETIME, 
	reserved JSON, provider_valid_since DATETIME, address_changes BIGINT, provider_project TEXT, factors JSON, invitation_id TEXT, 
	PRIMARY KEY (id)
);
INSERT INTO "users" VALUES('full','11182708844d141db575c6bca0169f6b','Å 😀 ''quoted'' 100 %','Å 😀 ''quoted'' 100 %','Å 😀 ''quoted'' 100 %','Å 😀 ''quoted'' 100 %','Å 😀 ''quoted'' 100 %','Å 😀 ''quoted'' 100 %','Å 😀 ''quoted'' 100 %','Å 😀 ''quoted'' 100 %','Å 😀 ''quoted'' 100 %','Å 😀 ''quoted'' 100 %',1,1,9007199254740993,'2030-01-02 12:00:00.123456','2030-01-02 12:00:00.123456','2030-01-02 12:00:00.123456','2030-01-02 12:00:00.123456','2030-01-02 12:00:00.123456','[["email", "\u00e5"], {"a": null, "b": [1.5]}]','2030-01-02 12:00:00.123456',9007199254740993,'Å 😀 ''quoted'' 100 %','[["email", "\u00e5"], {"a": null, "b": [1.5]}]','Å 😀 ''quoted'' 100 %');
INSERT INTO "users" VALUES('bare','11182708844d141db575c6bca0169f6b',NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,'Å 😀 ''quoted'' 100 %','Å 😀 ''quoted'' 100 %',1,1,9007199254740993,'2030-01-02 12:00:00.123456','2030-01-02 12:00:00.123456',NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL);
CREATE INDEX ix_users_username_key ON users (username_key, id);
CREATE INDEX ix_users_reconcile_since ON users (reconcile_since, id);
CREATE INDEX ix_users_email_key ON users (email_key, id);
CREATE INDEX ix_users_state_role_username_key ON users (state, role, username_key, id);
CREATE INDEX ix_users_expires_at ON users (expires_at, id);
CREATE INDEX ix_users_state_username_key ON users (state, username_key, id);
CREATE INDEX ix_sessions_expires_at ON sessions (expires_at, id);
CREATE INDEX ix_sessions_user_id_created_at ON sessions (user_id, created_at, id);
CREATE INDEX ix_counters_expires_at ON counters (expires_at, id);
CREATE INDEX ix_tasks_user_id_completed_created_at ON tasks (user_id, completed, created_at, id);
CREATE INDEX ix_tasks_user_id_created_at ON tasks (user_id, created_at, id);
CREATE INDEX ix_dogs_name_key ON dogs (name_key, id);
CREATE INDEX ix_dogs_is_adopted_name_key ON dogs (is_adopted, name_key, id);
CREATE INDEX ix_dogs_user_id_name_key ON dogs (user_id, name_key, id);
CREATE INDEX ix_files_user_id_created_at ON files (user_id, created_at, id);
CREATE INDEX ix_files_state_created_at ON files (state, created_at, id);
CREATE INDEX ix_files_state_user_id_created_at ON files (state, user_id, created_at, id);
CREATE INDEX ix_files_reconcile_since ON files (reconcile_since, id);
CREATE INDEX ix_receipts_user_id_expires_at ON receipts (user_id, expires_at, id);
CREATE INDEX ix_receipts_expires_at ON receipts (expires_at, id);
CREATE INDEX ix_packs_set_id_valid_place ON packs (set_id, valid, place, id);
CREATE INDEX ix_datasets_state_user_id_created_at ON datasets (state, user_id, created_at, id);
CREATE INDEX ix_datasets_reconcile_since ON datasets (reconcile_since, id);
CREATE INDEX ix_datasets_user_id_created_at ON datasets (user_id, created_at, id);
CREATE INDEX ix_datasets_state_created_at ON datasets (state, created_at, id);
CREATE INDEX ix_rows_invalid ON rows (set_id, line, valid) WHERE valid = 0;
CREATE INDEX ix_mails_kind_address_key_created_at ON mails (kind, address_key, created_at, id);
CREATE INDEX ix_mails_expires_at ON mails (expires_at, id);
CREATE INDEX ix_jobs_status_created_at ON jobs (status, created_at, id);
CREATE INDEX ix_jobs_user_id_created_at ON jobs (user_id, created_at, id);
CREATE INDEX ix_jobs_created_at ON jobs (created_at, id);
CREATE INDEX ix_jobs_expires_at ON jobs (expires_at, id);
CREATE INDEX ix_jobs_due_at ON jobs (due_at, id);
CREATE INDEX ix_factors_user_id_created_at ON factors (user_id, created_at, id);
CREATE INDEX ix_spent_expires_at ON spent (expires_at, id);
CREATE INDEX ix_events_user_id_at ON events (user_id, at, id);
CREATE INDEX ix_events_user_id_type_at ON events (user_id, type, at, id);
CREATE INDEX ix_events_shard_at ON events (shard, at, id);
CREATE INDEX ix_events_shard_type_at ON events (shard, type, at, id);
CREATE INDEX ix_events_shard_due_at ON events (shard, due_at, id);
CREATE INDEX ix_events_expires_at ON events (expires_at, id);
CREATE INDEX ix_invitations_is_accepted_created_at ON invitations (is_accepted, created_at, id);
CREATE INDEX ix_invitations_user_id_created_at ON invitations (user_id, created_at, id);
CREATE INDEX ix_invitations_created_at ON invitations (created_at, id);
CREATE INDEX ix_invitations_expires_at ON invitations (expires_at, id);
COMMIT;
