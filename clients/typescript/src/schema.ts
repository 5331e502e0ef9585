/** The types of the service. Generated from the OpenAPI document by `make clients`. */

export interface paths {
    "/api/dogs": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List all dogs, ordered by name
         * @description List all dogs, ordered by name.
         */
        get: operations["listDogs"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/dogs/{name}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * See a dog. The case of its name does not matter
         * @description See a dog. The case of its name does not matter.
         */
        get: operations["getDog"];
        /**
         * Change a dog of your own or, as an admin, any dog
         * @description A field that is not given keeps its value.
         *
         *     Admins with factors need a proof with two factors for what belongs to others.
         */
        put: operations["updateDog"];
        /**
         * Add a dog of your own or, as an admin, of anybody
         * @description A job fetches its picture in the background.
         *
         *     Admins with factors need a proof with two factors for what belongs to others.
         */
        post: operations["createDog"];
        /**
         * Remove a dog of your own or, as an admin, any dog
         * @description Remove a dog of your own or, as an admin, any dog.
         *
         *     Admins with factors need a proof with two factors for what belongs to others.
         */
        delete: operations["deleteDog"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/dogs/is_adopted": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List the adopted dogs, ordered by name
         * @description List the adopted dogs, ordered by name.
         */
        get: operations["listAdoptedDogs"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/files": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List your files, the newest first. Admins see the files of all users
         * @description List your files, the newest first. Admins see the files of all users.
         */
        get: operations["listFiles"];
        put?: never;
        /**
         * Store a file of any kind
         * @description A job then sends it on to the service that the operator has configured, if any.
         */
        post: operations["createFile"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/files/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * See a file of yours. Admins see the files of all users
         * @description See a file of yours. Admins see the files of all users.
         */
        get: operations["getFile"];
        put?: never;
        post?: never;
        /**
         * Remove a file of yours, and cancel the job that sends it on. Admins remove any file
         * @description Remove a file of yours, and cancel the job that sends it on. Admins remove any file.
         *
         *     Admins with factors need a proof with two factors for what belongs to others.
         */
        delete: operations["deleteFile"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/files/{id}/content": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Get the content of a file as it was sent
         * @description With `Range`, the answer is a part of it.
         */
        get: operations["downloadFile"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/users": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Add a person
         * @description The username is random if none is given. A person without a password cannot log in.
         *
         *     For callers with factors, it needs a proof with two factors.
         */
        post: operations["createPerson"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/auth/signup": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Make an account and log in
         * @description The answer has the user's properties and the tokens together.
         */
        post: operations["signUp"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/auth/anonymous": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Become a guest: get a token without an account
         * @description A guest lives a day at most, and becomes a user by registering.
         */
        post: operations["becomeGuest"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/auth/email/login": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * If a user has this address, send it a mail that logs in
         * @description The answer is the same for every address. It is also the same above a limit, where no mail is sent. Each network has
         *     limits of its own, so that no stranger uses up the mails of the owner.
         */
        post: operations["requestLogin"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/auth/email/login/confirm": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Log in with the link or the code of a mail. The login also proves that the user owns the e-mail address
         * @description If the address was not proved before, a stranger may have registered the account. Its password then becomes invalid,
         *     and all its factors and sessions end. With Firebase Auth, the service checks the account at Firebase first. A login
         *     by mail does not replace the second factor of an account.
         */
        post: operations["confirmLogin"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/auth/email/verify": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Prove your address with the token of a mail, answered 204; without one, ask for that mail
         * @description If the address was not proved before, a stranger may have registered it: the password, the factors and all sessions
         *     end, unless the caller is the user of the account. The token then sets a new password, if there was one.
         */
        post: operations["verifyAddress"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/auth/firebase": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Log in with a Firebase ID token. The first time makes the profile
         * @description Firebase is asked whether the account still exists, is enabled, and has not revoked the token. An anonymous account
         *     is a guest, and gets no refresh token. A newcomer may come with an invitation to the address that Firebase has
         *     verified.
         */
        post: operations["exchangeToken"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/auth/firebase/token": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Get a custom token with which a Firebase client signs in as you, so that Firestore rules know you
         * @description Firebase asks for no second factor then, so that a user who has one, here or at Firebase, must have used two. Its
         *     ID tokens are this session: they work here until it ends.
         */
        post: operations["issueCustomToken"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/auth/logout": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Log out: the session of the token ends
         * @description Log out: the session of the token ends.
         */
        post: operations["logOut"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/auth/logout-all": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Log out everywhere: every session ends, this one too
         * @description Earlier tokens of the identity provider are refused as well.
         */
        post: operations["logOutEverywhere"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/auth/mfa": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Take the second step of a login
         * @description `mfa_token` is a member of the problem `mfa-required`, which answers the first step of a login if the user has
         *     second factors. The token works once, for ten minutes, and becomes void with every change of the password or the
         *     factors.
         */
        post: operations["mfa"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/auth/mfa/options": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Get the options for `navigator.credentials.get`, to take the second step of a login with a passkey
         * @description The challenge in them can be signed for ten minutes, and works once.
         */
        post: operations["getMfaOptions"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/auth/passkey": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Log in with a passkey. No second step follows, because the device has verified the user
         * @description Every reason for a refusal gets the same answer, and an unknown passkey takes as long as a known one.
         */
        post: operations["logInWithPasskey"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/auth/passkey/options": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Get the options for `navigator.credentials.get`, to log in with a passkey
         * @description They name no user: the browser offers the passkeys that it has for this service, also in the autofill of a field
         *     (`mediation: "conditional"`). The challenge in them can be signed for ten minutes, and works once.
         */
        post: operations["getPasskeyOptions"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/auth/password/forgot": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * If a user has this address, send it a mail that leads to a new password
         * @description The answer is the same for every address. It is also the same above a limit, where no mail is sent. Each network has
         *     limits of its own, so that no stranger uses up the mails of the owner.
         */
        post: operations["requestPasswordReset"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/auth/password/reset": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Set a new password with the token of a mail
         * @description All sessions end, and the address is proved. The factors of the account stay, unless the address was not proved
         *     before: a stranger may have added them then.
         */
        post: operations["resetPassword"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/auth/refresh": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Trade a refresh token for new tokens. It works once
         * @description Within ten seconds a used token yields the same successor, for the tab that lost the race. Any later use means that
         *     the token was copied, and ends the session. With Firebase Auth, the account is checked there before the token is
         *     used up.
         */
        post: operations["refresh"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/auth/renew": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Trade an access token that has not expired for a new one
         * @description The new one does not outlive the session.
         */
        post: operations["renewToken"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/auth/sessions": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List your sessions that have not ended, the newest first
         * @description List your sessions that have not ended, the newest first.
         */
        get: operations["listSessions"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/auth/sessions/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post?: never;
        /**
         * End one of your sessions
         * @description End one of your sessions.
         */
        delete: operations["endSession"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/auth/step-up": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Prove again who you are, and get an access token that says so. It belongs to the same session
         * @description Routes that answer `insufficient-user-authentication` take the new token. The proof is stored in the session, so
         *     that tokens from a refresh say it too. Each code, recovery code and challenge works once. Wrong passwords count as
         *     failed logins.
         */
        post: operations["stepUp"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/auth/step-up/options": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Get the options for `navigator.credentials.get`, to prove with one of your passkeys that it is you
         * @description The challenge in them can be signed for ten minutes, and works once.
         */
        post: operations["getStepUpOptions"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/datasets": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List your datasets, the newest first. Admins see the datasets of all users
         * @description List your datasets, the newest first. Admins see the datasets of all users.
         */
        get: operations["listDatasets"];
        put?: never;
        /**
         * Store a CSV file, all its rows, and the result of every rule that was checked
         * @description A large file, or one that the client does not want to wait for, is checked by a job. Nothing is visible until the
         *     last row is stored.
         */
        post: operations["createDataset"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/datasets/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * See a dataset of yours. Admins see the datasets of all users
         * @description See a dataset of yours. Admins see the datasets of all users.
         */
        get: operations["getDataset"];
        put?: never;
        post?: never;
        /**
         * Remove a dataset of yours with its rows and its file. Admins remove any dataset
         * @description Remove a dataset of yours with its rows and its file. Admins remove any dataset.
         *
         *     Admins with factors need a proof with two factors for what belongs to others.
         */
        delete: operations["deleteDataset"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/datasets/{id}/file": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Get the file of a dataset as it was sent
         * @description With `Range`, the answer is a part of it.
         */
        get: operations["downloadDataset"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/datasets/{id}/rows": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List the rows in the order of their lines: all rows, only valid rows or only invalid rows
         * @description A page of long rows may hold fewer rows than were asked for.
         */
        get: operations["listRows"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/datasets/{id}/summary": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Say in plain words what was found and what to do about it
         * @description The answer also suggests a stricter schema.
         */
        post: operations["summariseDataset"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/events": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List what happened to all accounts, or to one of them, the newest first
         * @description List what happened to all accounts, or to one of them, the newest first.
         */
        get: operations["listEvents"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/invitations": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List the invitations, the newest first
         * @description A page with a `status` may have fewer items than asked for: follow its `Link`.
         */
        get: operations["listInvitations"];
        put?: never;
        /**
         * Invite somebody to make an account with this e-mail address and a role
         * @description The answer has a link to pass on. With a mail server, the invitation is also sent to the address, in the language of
         *     the request. Only the link in the mail proves the address. Each invitation makes one account.
         *
         *     For callers with factors, it needs a proof with two factors.
         */
        post: operations["createInvitation"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/invitations/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * See an invitation, without its link
         * @description See an invitation, without its link.
         */
        get: operations["getInvitation"];
        put?: never;
        post?: never;
        /**
         * Remove an invitation
         * @description Nobody can accept it any more.
         *
         *     For callers with factors, it needs a proof with two factors.
         */
        delete: operations["deleteInvitation"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/jobs/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * See a job of yours. Admins and auditors see the jobs of all users
         * @description See a job of yours. Admins and auditors see the jobs of all users.
         */
        get: operations["getJob"];
        put?: never;
        post?: never;
        /**
         * Cancel a job of yours that has not ended
         * @description Admins may cancel the jobs of all users. The worker of the job stops at the next step.
         *
         *     Admins with factors need a proof with two factors for what belongs to others.
         */
        delete: operations["cancelJob"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/login": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Log in with a username or an e-mail address and a password
         * @description A wrong password, an unknown user and a disabled account get the same answer, in the same time.
         */
        post: operations["logIn"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/register": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Make an account
         * @description The username and the e-mail address are unique, ignoring case and Unicode form. Of simultaneous requests for the
         *     same name exactly one wins, and the others are told which field is taken. A guest who registers with its token keeps
         *     its id and its data, and its guest sessions end. An invitation gives the address and the role.
         */
        post: operations["register"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/services": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List the accounts of services, the newest first
         * @description List the accounts of services, the newest first.
         */
        get: operations["listServices"];
        put?: never;
        /**
         * Make an account for a service, with a secret that is shown this once
         * @description The service trades its id and its secret for access tokens at `POST /auth/token`, with the grant
         *     `client_credentials`.
         *
         *     For callers with factors, it needs a proof with two factors in the last ten minutes.
         */
        post: operations["createService"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/services/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * See the account of a service, without its secret
         * @description See the account of a service, without its secret.
         */
        get: operations["getService"];
        put?: never;
        post?: never;
        /**
         * Remove the account of a service, and everything that belongs to it. Its tokens are refused at once
         * @description Remove the account of a service, and everything that belongs to it. Its tokens are refused at once.
         *
         *     For callers with factors, it needs a proof with two factors.
         */
        delete: operations["deleteService"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/services/{id}/secret": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Give a service a new secret, which is shown this once. The old one works for 24 hours more
         * @description Up to 25 replaced secrets work at the same time. While they do, the answer to another request is 429.
         *
         *     For callers with factors, it needs a proof with two factors in the last ten minutes.
         */
        post: operations["renewServiceSecret"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/tasks": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List your tasks, the newest first: all tasks, only completed tasks, or only open tasks
         * @description List your tasks, the newest first: all tasks, only completed tasks, or only open tasks.
         */
        get: operations["listTasks"];
        put?: never;
        /**
         * Make a task
         * @description Make a task.
         */
        post: operations["createTask"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/tasks/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * See one of your tasks
         * @description See one of your tasks.
         */
        get: operations["getTask"];
        /**
         * Change one of your tasks
         * @description A field that is not given keeps its value.
         */
        put: operations["updateTask"];
        post?: never;
        /**
         * Remove one of your tasks
         * @description Remove one of your tasks.
         */
        delete: operations["deleteTask"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/user": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * See your own account
         * @description See your own account.
         */
        get: operations["getUser"];
        /**
         * Change your username, e-mail address or names
         * @description Fields that are not given keep their values. A changed address is no longer verified. With `If-Match` the change is
         *     refused if the account has changed since it was read. A changed address needs `current_password`, or a login of the
         *     last ten minutes. A `current_password` that is given must be right.
         *
         *     For callers with factors, a new `email` needs a proof with two factors in the last ten minutes.
         */
        put: operations["updateUser"];
        post?: never;
        /**
         * Delete your account
         * @description Its sessions end at once, and its username and e-mail address are free for others.
         *
         *     For callers with factors, it needs a proof with two factors in the last ten minutes.
         */
        delete: operations["deleteUser"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/user/events": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List what happened to your account, the newest first
         * @description An event of another person, such as an admin, is shown without the id, the address and the device of that person.
         */
        get: operations["listHistory"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/user/export": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Download everything that the service holds about you
         * @description Your profile, sessions, tasks, dogs and jobs are complete. Of files and datasets you get what is known about them;
         *     their contents and rows are at their own routes. Also included are the answers that are kept for requests with an
         *     idempotency key, and what happened to your account. Passwords and tokens, of which only hashes are stored, are left
         *     out, and so are mails on their way, which are kept for a day at most.
         */
        get: operations["exportUser"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/user/factors": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List your second factors, the newest first
         * @description List your second factors, the newest first.
         */
        get: operations["listFactors"];
        put?: never;
        /**
         * Add an authenticator app or a passkey. A new app replaces the old one
         * @description The first factor brings ten recovery codes and ends every other session. This session counts as one with two factors
         *     from its next refresh or step-up on.
         *
         *     For callers with factors, it needs a proof with two factors in the last ten minutes.
         */
        post: operations["createFactor"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/user/factors/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        /**
         * Give one of your factors another name
         * @description Give one of your factors another name.
         */
        put: operations["renameFactor"];
        post?: never;
        /**
         * Remove one of your factors. The recovery codes end with the last other factor
         * @description Remove one of your factors. The recovery codes end with the last other factor.
         *
         *     For callers with factors, it needs a proof with two factors in the last ten minutes.
         */
        delete: operations["removeFactor"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/user/factors/passkey/options": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Get the options for `navigator.credentials.create`, to add a passkey
         * @description Get the options for `navigator.credentials.create`, to add a passkey.
         *
         *     For callers with factors, it needs a proof with two factors in the last ten minutes.
         */
        post: operations["startPasskey"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/user/factors/recovery-codes": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Make new recovery codes. The old ones work no more
         * @description Make new recovery codes. The old ones work no more.
         *
         *     For callers with factors, it needs a proof with two factors in the last ten minutes.
         */
        post: operations["renewRecoveryCodes"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/user/factors/totp": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Begin to add an authenticator app: get the secret for it. Nothing is stored yet
         * @description The first factor of a user needs a login of the last ten minutes and, if the service sends mails, a proved address.
         *
         *     For callers with factors, it needs a proof with two factors in the last ten minutes.
         */
        post: operations["startApp"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/user/keys": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List your keys, the newest first
         * @description List your keys, the newest first.
         */
        get: operations["listKeys"];
        put?: never;
        /**
         * Make a key, which is shown this once
         * @description A program sends it in place of an access token, and acts as you. It may not touch your account or its credentials,
         *     and counts as `user` if you are an admin or an auditor. A user has at most 25 keys.
         *
         *     For callers with factors, it needs a proof with two factors in the last ten minutes.
         */
        post: operations["createKey"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/user/keys/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post?: never;
        /**
         * Remove one of your keys. It is refused from the next request on
         * @description Remove one of your keys. It is refused from the next request on.
         */
        delete: operations["removeKey"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/user/password": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        /**
         * Set a new password. Every other session ends
         * @description The current password is required. If the account at Firebase has none, a sign-in there in the last ten minutes
         *     stands for it. ID tokens from before the change are refused, because Firebase revokes them.
         *
         *     For callers with factors, it needs a proof with two factors.
         */
        put: operations["updatePassword"];
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/users": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List the users by username, without guests
         * @description Everyone sees `id` and `username`. Admins and auditors see whole users, and may filter by the beginning of the
         *     username, the e-mail address and the role.
         */
        get: operations["listUsers"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/users/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * See a user
         * @description Admins, auditors and the user itself see every property, others see only `id` and `username`.
         */
        get: operations["getUserById"];
        /**
         * Change your own account or, as an admin, any account
         * @description Only admins set `role`, `disabled` and `claims`, with immediate effect. The last admin cannot be demoted or
         *     disabled.
         *
         *     For callers with factors, a new `email` needs a proof with two factors in the last ten minutes.
         *
         *     Admins with factors need a proof with two factors for what belongs to others.
         */
        put: operations["updateUserById"];
        post?: never;
        /**
         * Delete your own account or, as an admin, any account
         * @description The last admin cannot be deleted.
         *
         *     For callers with factors, it needs a proof with two factors in the last ten minutes.
         *
         *     Admins with factors need a proof with two factors for what belongs to others.
         */
        delete: operations["deleteUserById"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/users/{id}/dogs": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List the dogs of a user, ordered by name
         * @description List the dogs of a user, ordered by name.
         */
        get: operations["listDogsOfUser"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/users/{id}/factors": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List the second factors of a user, the newest first
         * @description List the second factors of a user, the newest first.
         */
        get: operations["listFactorsOfUser"];
        put?: never;
        post?: never;
        /**
         * Remove all factors of a user who has lost them
         * @description The sessions of the user end, and the user is told by mail. Make sure that it is the user who asks for it.
         *
         *     For callers with factors, it needs a proof with two factors in the last ten minutes.
         */
        delete: operations["resetFactors"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/webhooks": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List the webhooks, the newest first
         * @description List the webhooks, the newest first.
         */
        get: operations["listWebhooks"];
        put?: never;
        /**
         * Add a webhook
         * @description The secret that signs its deliveries is shown this once.
         *
         *     For callers with factors, it needs a proof with two factors.
         */
        post: operations["createWebhook"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/webhooks/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * See a webhook
         * @description See a webhook.
         */
        get: operations["getWebhook"];
        /**
         * Change a webhook
         * @description A field that is not given keeps its value. A webhook that is enabled again starts without failures.
         *
         *     For callers with factors, it needs a proof with two factors.
         */
        put: operations["updateWebhook"];
        post?: never;
        /**
         * Remove a webhook and its deliveries
         * @description Remove a webhook and its deliveries.
         *
         *     For callers with factors, it needs a proof with two factors.
         */
        delete: operations["removeWebhook"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/webhooks/{id}/deliveries": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List the deliveries to a webhook, the newest first
         * @description List the deliveries to a webhook, the newest first.
         */
        get: operations["listDeliveries"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/webhooks/{id}/deliveries/{delivery_id}/retry": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Make a delivery again, in the background, whatever its state
         * @description Make a delivery again, in the background, whatever its state.
         *
         *     For callers with factors, it needs a proof with two factors.
         */
        post: operations["retryDelivery"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/webhooks/{id}/ping": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Send a ping to a webhook, in the background
         * @description Send a ping to a webhook, in the background.
         *
         *     For callers with factors, it needs a proof with two factors.
         */
        post: operations["pingWebhook"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/webhooks/{id}/secret": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Give a webhook a new secret, which is shown this once
         * @description The old secret signs deliveries too for 24 hours, even if the new one is replaced meanwhile. Up to 25 replaced
         *     secrets sign at the same time. While they do, the answer to another request is 429.
         *
         *     For callers with factors, it needs a proof with two factors.
         */
        post: operations["rotateWebhookSecret"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
}
export type webhooks = Record<string, never>;
export interface components {
    schemas: {
        /** @description A dataset that a job checks. */
        AcceptedDataset: {
            /** @example 8c0a5be1d2f34a6b9c7d8e0f1a2b3c4d */
            id: string;
            job: components["schemas"]["Job"];
            status: components["schemas"]["DatasetStatus"];
        };
        /** @description An access token, as OAuth2 names it (RFC 6749 section 5.1). */
        AccessToken: {
            /** @example eyJ0eXAiOiJhdCtqd3QiLCJhbGciOiJFZERTQSIsImtpZCI6IuKApiJ9.e30.c2ln */
            access_token: string;
            /**
             * @description Seconds.
             * @example 900
             */
            expires_in: number;
            /**
             * @default bearer
             * @constant
             */
            token_type: "bearer";
        };
        /** @description A change of an account. At least one field is required; an absent field keeps its value. */
        AccountChange: {
            /** @example correct horse battery */
            current_password?: string | null;
            /**
             * Format: email
             * @description Unique ignoring case.
             * @example anna@example.com
             */
            email?: string;
            /** @example Ruiz */
            last_name?: string | null;
            /**
             * @description A merge patch (RFC 7396) of your own data: null removes a key. At most 8 KiB and 8 levels.
             * @example {
             *       "theme": "dark"
             *     }
             */
            metadata?: Record<string, never>;
            /** @example Anna */
            name?: string | null;
            /**
             * @description 3 to 32 characters after NFKC: letters and digits of one script, at most four combining marks on a letter, and `. _ -`, beginning with a letter or a digit. Latin may be combined with the scripts of Chinese, Japanese or Korean. Unique ignoring case and Unicode form.
             * @example anna
             */
            username?: string;
        };
        /** @description The actor that has caused an event. */
        Actor: {
            /** @example 8c0a5be1d2f34a6b9c7d8e0f1a2b3c4d */
            id: string | null;
            kind: components["schemas"]["ActorKind"];
        };
        /**
         * @description The kinds of actors that cause events.
         * @enum {string}
         */
        ActorKind: "user" | "admin" | "service" | "operator" | "system";
        /** @description A new second factor. The first one of a user brings the recovery codes, which are shown this once. */
        AddedFactor: {
            /**
             * @description Of passkeys only: whether it is synchronised between devices.
             * @default null
             */
            backed_up: boolean | null;
            /**
             * Format: date-time
             * @example 2026-11-22T09:00:00Z
             */
            created_at: string;
            /** @example 3f1c9d0ab9e84e7c8d2f6a5b4c3d2e1f */
            id: string;
            /** @example totp */
            kind: components["schemas"]["FactorKind"];
            /** @example 2026-11-22T09:05:00Z */
            last_used_at: string | null;
            /**
             * @description Of recovery codes only: how many have not been used.
             * @default null
             * @example 10
             */
            left: number | null;
            /** @example My phone */
            name: string | null;
            /**
             * @default null
             * @example [
             *       "k3f9-0c2w-7hqz-m4vt"
             *     ]
             */
            recovery_codes: string[] | null;
        };
        /** @description The secret for an authenticator app, in the forms in which apps take it. */
        AppSetup: {
            /**
             * @description Send it back with the first code of the app.
             * @example 9d1e07c4
             */
            enrolment: string;
            /**
             * @description Seconds.
             * @example 600
             */
            expires_in: number;
            /**
             * @description The QR code of `uri`.
             * @example <svg></svg>
             */
            qr_svg: string;
            /**
             * @description In base32, for people who type it.
             * @example GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ
             */
            secret: string;
            /** @example otpauth://totp/portero:anna?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&issuer=portero */
            uri: string;
        };
        /** @description A column and its rules. */
        Column: {
            /** @description The suspicions that are not looked for. */
            allow: string[] | null;
            /**
             * @description The character before decimals.
             * @example ,
             */
            decimal: string | null;
            enum: string[] | null;
            /**
             * @description The word for false.
             * @example no
             */
            false: string | null;
            /**
             * @description The order and the separators of dates.
             * @example dd/mm/yyyy
             */
            format: string | null;
            /** @example 120 */
            max: number | string | null;
            /** @example 0 */
            min: number | string | null;
            /** @example id */
            name: string;
            /** @example [A-Z]{2}[0-9]+ */
            pattern: string | null;
            /** @description Whether empty cells are errors (true), are not looked for (false), or are warnings (null). */
            required: boolean | null;
            /**
             * @description The character between groups of three digits, which may be left out.
             * @example .
             */
            thousands: string | null;
            /**
             * @description The word for true. Case and accents do not matter.
             * @example sí
             */
            true: string | null;
            type: components["schemas"]["ColumnType"];
            unique: boolean;
        };
        /**
         * @description The type of the values of a column.
         * @enum {string}
         */
        ColumnType: "string" | "integer" | "number" | "boolean" | "date" | "datetime" | "email";
        /** @description A new invitation, with the link to the page that registers. */
        CreatedInvitation: {
            /**
             * Format: date-time
             * @example 2026-11-22T09:00:00Z
             */
            created_at: string;
            /** @example anna@example.com */
            email: string;
            /**
             * Format: date-time
             * @example 2026-11-23T09:00:00Z
             */
            expires_at: string;
            /** @example 8c0a5be1d2f34a6b9c7d8e0f1a2b3c4d */
            id: string;
            /** @example user */
            role: components["schemas"]["Role"];
            status: components["schemas"]["InvitationStatus"];
            /**
             * @description The link, shown this once.
             * @example https://api.example.com/auth/invitation?token=c2VjcmV0
             */
            url: string;
        };
        /** @description A new key. It is shown this once. */
        CreatedKey: {
            /**
             * Format: date-time
             * @example 2026-11-22T09:00:00Z
             */
            created_at: string;
            /** @example 2027-02-21T12:00:00Z */
            expires_at: string | null;
            /** @example 3f1c9d0ab9e84e7c8d2f6a5b4c3d2e1f */
            id: string;
            /** @example ptk_4fTq9xVd0s8LwK2mZ7cYb1RjE5HaGu03f1c9d0ab9e84e7c8d2f6a5b4c3d2e1f2pBzJW */
            key: string;
            /**
             * @description Right to the hour.
             * @example 2026-11-23T12:00:00Z
             */
            last_used_at: string | null;
            /** @example Nightly report */
            name: string;
            /**
             * @description The beginning of the key, to recognise it by.
             * @example ptk_4fTq9x
             */
            prefix: string;
            /** @example  */
            scope: components["schemas"]["Scope"];
        };
        /** @description A new account of a service, with its secret, which is shown this once. */
        CreatedServiceAccount: {
            /**
             * @description Its id.
             * @example 3f1c9d0ab9e84e7c8d2f6a5b4c3d2e1f
             */
            client_id: string;
            /** @example pts_4fTq9xVd0s8LwK2mZ7cYb1RjE5HaGu03f1c9d0ab9e84e7c8d2f6a5b4c3d2e1f2pBzJW */
            client_secret: string;
            /**
             * Format: date-time
             * @example 2026-11-22T09:00:00Z
             */
            created_at: string;
            /** @example 3f1c9d0ab9e84e7c8d2f6a5b4c3d2e1f */
            id: string;
            /** @example Billing */
            name: string;
            /** @example uploader */
            role: components["schemas"]["Role"];
        };
        /**
         * @description A password, and a username or an e-mail address. `username` and `email` both accept either kind of name.
         *
         *     OAuth2 clients of FastAPI send the fields form-encoded.
         */
        Credentials: {
            /**
             * Email
             * @description A username, or an e-mail address.
             * @example anna
             */
            email?: string;
            /**
             * Otp
             * @description The code that an authenticator app shows.
             * @example 123456
             */
            otp?: string;
            /**
             * Password
             * Format: password
             * @example correct horse battery
             */
            password: string;
            /**
             * Username
             * @description A username, or an e-mail address.
             * @example anna
             */
            username: string;
        } | {
            /**
             * Email
             * @description A username, or an e-mail address.
             * @example anna
             */
            email: string;
            /**
             * Otp
             * @description The code that an authenticator app shows.
             * @example 123456
             */
            otp?: string;
            /**
             * Password
             * Format: password
             * @example correct horse battery
             */
            password: string;
            /**
             * Username
             * @description A username, or an e-mail address.
             * @example anna
             */
            username?: string;
        };
        /** @description A custom token for `signInWithCustomToken` of a Firebase client. */
        CustomToken: {
            /** @example eyJhbGciOiJSUzI1NiIsInR5cCI6IkpXVCJ9.e30.c2ln */
            custom_token: string;
            /**
             * @description Seconds.
             * @example 300
             */
            expires_in: number;
        };
        /** @description A dataset. */
        Dataset: {
            columns: components["schemas"]["Column"][];
            /**
             * Format: date-time
             * @example 2026-11-22T09:00:00Z
             */
            created_at: string;
            /** @example , */
            delimiter: string | null;
            /** @example utf-8 */
            encoding: string | null;
            /** @example s3://bucket/datasets/3f1c9d0ab9e84e7c8d2f6a5b4c3d2e1f */
            file_uri: string;
            /** @example customers.csv */
            filename: string;
            /** @example 8c0a5be1d2f34a6b9c7d8e0f1a2b3c4d */
            id: string;
            /** @example Customers */
            name: string;
            /**
             * @description The number of rows; null until all are stored.
             * @example 2
             */
            rows: number | null;
            /** @description The given or inferred schema, in the form that an upload takes. */
            schema: {
                [key: string]: unknown;
            };
            /** @example 7d865e959b2466918c9863afca942d0fb89d7c9ac0c99bafc3749504ded97730 */
            sha256: string;
            /**
             * @description Bytes.
             * @example 24
             */
            size: number;
            status: components["schemas"]["DatasetStatus"];
            /** @description Every rule that was checked. */
            validations: components["schemas"]["Validation"][];
        };
        /**
         * @description The state of the check of a dataset.
         * @enum {string}
         */
        DatasetStatus: "processing" | "clean" | "findings" | "failed";
        /** @description A delivery of an event to a webhook. */
        Delivery: {
            /** @example 1 */
            attempts: number;
            /**
             * Format: date-time
             * @example 2026-11-22T09:00:00Z
             */
            created_at: string;
            /** @example 0b5c6f6e6a7f4b0c9a53a8f8c6ad1c3a */
            event_id: string;
            /** @example 8c0a5be1d2f34a6b9c7d8e0f1a2b3c4d */
            id: string;
            /** @example 2026-11-23T12:00:00Z */
            next_attempt_at: string | null;
            /**
             * @description The status of the last answer.
             * @example 200
             */
            response_status: number | null;
            status: components["schemas"]["DeliveryStatus"];
            /** @example login-succeeded */
            type: string;
        };
        /**
         * @description The state of a delivery.
         * @enum {string}
         */
        DeliveryStatus: "pending" | "succeeded" | "failed";
        /** @description A dog. */
        Dog: {
            /**
             * Format: date-time
             * @example 2026-11-22T09:00:00Z
             */
            create_date: string;
            /** @example 8c0a5be1d2f34a6b9c7d8e0f1a2b3c4d */
            id: string;
            /**
             * @description The owner.
             * @example 3f1c9d0ab9e84e7c8d2f6a5b4c3d2e1f
             */
            id_user: string;
            is_adopted: boolean;
            /** @example Rex */
            name: string;
            /** @example https://images.dog.ceo/breeds/hound-afghan/n02088094_1003.jpg */
            picture: string | null;
            picture_status: components["schemas"]["PictureStatus"];
        };
        /** @description A change of a dog. At least one field is required; an absent field keeps its value. */
        DogChange: {
            /** @example 3f1c9d0ab9e84e7c8d2f6a5b4c3d2e1f */
            id_user?: string;
            is_adopted?: boolean;
            /**
             * @description 1 to 64 characters in one line, without a slash; not `.`, `..` or `is_adopted`. Unique ignoring case.
             * @example Rex
             */
            name?: string;
            /**
             * Format: uri
             * @example https://images.dog.ceo/breeds/hound-afghan/n02088094_1003.jpg
             */
            picture?: string;
        };
        /** @description Something that happened to an account. */
        Event: {
            actor: components["schemas"]["Actor"];
            /**
             * Format: date-time
             * @example 2026-11-23T12:00:00Z
             */
            at: string;
            /**
             * @example {
             *       "method": "password"
             *     }
             */
            data: {
                [key: string]: unknown;
            };
            /** @example 8c0a5be1d2f34a6b9c7d8e0f1a2b3c4d */
            id: string;
            /** @example 203.0.113.7 */
            ip: string | null;
            /** @example 0b5c6f6e6a7f4b0c9a53a8f8c6ad1c3a */
            request_id: string | null;
            /** @example a41d7c02f3be4d0f9a6c5e8b7d1f2c3b */
            session_id: string | null;
            type: components["schemas"]["EventType"];
            /** @example curl/8.5.0 */
            user_agent: string | null;
            /** @example 3f1c9d0ab9e84e7c8d2f6a5b4c3d2e1f */
            user_id: string | null;
        };
        /**
         * @description The types of events. The value of a member is its stable name. No field of an event holds a secret.
         * @enum {string}
         */
        EventType: "login-succeeded" | "login-failed" | "passkey-counter-went-back" | "session-ended" | "sessions-ended" | "user-registered" | "guest-registered" | "invitation-created" | "invitation-accepted" | "user-added" | "profile-changed" | "role-changed" | "user-deleted" | "address-changed" | "address-verified" | "address-taken" | "factor-added" | "factor-removed" | "key-created" | "key-removed" | "user-exported" | "users-imported" | "webhook-changed" | "service-changed" | "denied";
        /** @description Everything that the service holds about you. */
        Export: {
            /** @description Their files and rows are at `/datasets/{id}/file` and `/rows`. */
            datasets: components["schemas"]["Dataset"][];
            dogs: components["schemas"]["Dog"][];
            /** @description Other people in them are not named. */
            events: components["schemas"]["Event"][];
            /** @description Without their secrets. */
            factors: components["schemas"]["Factor"][];
            /** @description Their contents are at `/api/files/{id}/content`. */
            files: components["schemas"]["File"][];
            /** @description The invitation with which you have made the account. */
            invitations: components["schemas"]["Invitation"][];
            jobs: components["schemas"]["Job"][];
            /** @description Without their texts, which are not stored. */
            keys: components["schemas"]["Key"][];
            receipts: components["schemas"]["Receipt"][];
            /** @description Also those that have ended and are not yet removed. */
            sessions: components["schemas"]["Session"][];
            /** @description The last one, if it is known. */
            sign_ins: components["schemas"]["SignIn"][];
            tasks: components["schemas"]["Task"][];
            user: components["schemas"]["User"];
        };
        /** @description A second factor. */
        Factor: {
            /**
             * @description Of passkeys only: whether it is synchronised between devices.
             * @default null
             */
            backed_up: boolean | null;
            /**
             * Format: date-time
             * @example 2026-11-22T09:00:00Z
             */
            created_at: string;
            /** @example 3f1c9d0ab9e84e7c8d2f6a5b4c3d2e1f */
            id: string;
            /** @example totp */
            kind: components["schemas"]["FactorKind"];
            /** @example 2026-11-22T09:05:00Z */
            last_used_at: string | null;
            /**
             * @description Of recovery codes only: how many have not been used.
             * @default null
             * @example 10
             */
            left: number | null;
            /** @example My phone */
            name: string | null;
        };
        /** @description The name of a factor. */
        FactorChange: {
            /** @example My phone */
            name?: string | null;
        };
        /**
         * @description The kinds of second factors.
         * @enum {string}
         */
        FactorKind: "passkey" | "totp" | "recovery";
        /** @description A bad field. */
        FieldProblem: {
            /** @example taken */
            code: string;
            /** @example username */
            field: string;
            /** @example This username is already taken; choose another. */
            message: string;
        };
        /** @description A file. */
        File: {
            /**
             * @description As the client gave it. Downloads are application/octet-stream.
             * @example text/csv
             */
            content_type: string;
            /**
             * Format: date-time
             * @example 2026-11-22T09:00:00Z
             */
            created_at: string;
            /** @example customers.csv */
            filename: string;
            /** @example 8c0a5be1d2f34a6b9c7d8e0f1a2b3c4d */
            id: string;
            /** @description The job that sends the file on; null long after it ended. */
            job: components["schemas"]["Job"] | null;
            /**
             * @description The SHA-256 of the content, in hexadecimal.
             * @example 7d865e959b2466918c9863afca942d0fb89d7c9ac0c99bafc3749504ded97730
             */
            sha256: string;
            /**
             * @description Bytes.
             * @example 24
             */
            size: number;
        };
        /** @description A rule that a row breaks. */
        Finding: {
            /**
             * @description Null for a rule of the whole row.
             * @example id
             */
            column: string | null;
            /** @example type */
            rule: string;
        };
        /** @description The ID token that getIdToken() of a Firebase client returns. */
        FirebaseToken: {
            /** @example eyJhbGciOiJSUzI1NiJ9.e30.c2ln */
            id_token: string;
            /**
             * @description That of an invitation, which a newcomer accepts.
             * @example
             */
            invitation?: string;
            /**
             * @description The code that an authenticator app shows.
             * @example 123456
             */
            otp?: string;
        };
        /** @description Something that happened to your account, also in words. */
        History: {
            actor: components["schemas"]["Actor"];
            /**
             * Format: date-time
             * @example 2026-11-23T12:00:00Z
             */
            at: string;
            /**
             * @example {
             *       "method": "password"
             *     }
             */
            data: {
                [key: string]: unknown;
            };
            /** @example 8c0a5be1d2f34a6b9c7d8e0f1a2b3c4d */
            id: string;
            /** @example 203.0.113.7 */
            ip: string | null;
            /** @example 0b5c6f6e6a7f4b0c9a53a8f8c6ad1c3a */
            request_id: string | null;
            /** @example a41d7c02f3be4d0f9a6c5e8b7d1f2c3b */
            session_id: string | null;
            /**
             * @description In the language of the request.
             * @example Signed in with a password from Firefox 128 · Linux.
             */
            text: string;
            type: components["schemas"]["EventType"];
            /** @example curl/8.5.0 */
            user_agent: string | null;
            /** @example 3f1c9d0ab9e84e7c8d2f6a5b4c3d2e1f */
            user_id: string | null;
        };
        /** @description An invitation to make an account. */
        Invitation: {
            /**
             * Format: date-time
             * @example 2026-11-22T09:00:00Z
             */
            created_at: string;
            /** @example anna@example.com */
            email: string;
            /**
             * Format: date-time
             * @example 2026-11-23T09:00:00Z
             */
            expires_at: string;
            /** @example 8c0a5be1d2f34a6b9c7d8e0f1a2b3c4d */
            id: string;
            /** @example user */
            role: components["schemas"]["Role"];
            status: components["schemas"]["InvitationStatus"];
        };
        /**
         * @description The status of an invitation.
         * @enum {string}
         */
        InvitationStatus: "pending" | "accepted" | "expired";
        /** @description A job that runs in the background, and its progress. */
        Job: {
            /** @example 1 */
            attempts: number;
            /**
             * Format: date-time
             * @example 2026-11-22T09:00:00Z
             */
            created_at: string;
            /**
             * @description Why the last attempt failed.
             * @example The other service answered 500.
             */
            error: string | null;
            /** @example 8c0a5be1d2f34a6b9c7d8e0f1a2b3c4d */
            id: string;
            /** @example dog-picture */
            kind: string;
            /**
             * @description Never falls.
             * @example 1
             */
            progress: number;
            /** @description The result; null until the job is done. */
            result: unknown;
            status: components["schemas"]["JobStatus"];
            /**
             * Format: date-time
             * @example 2026-11-22T09:00:00Z
             */
            updated_at: string;
        };
        /**
         * @description The state of a job.
         * @enum {string}
         */
        JobStatus: "queued" | "running" | "succeeded" | "failed" | "cancelled";
        /** @description A key of yours. */
        Key: {
            /**
             * Format: date-time
             * @example 2026-11-22T09:00:00Z
             */
            created_at: string;
            /** @example 2027-02-21T12:00:00Z */
            expires_at: string | null;
            /** @example 3f1c9d0ab9e84e7c8d2f6a5b4c3d2e1f */
            id: string;
            /**
             * @description Right to the hour.
             * @example 2026-11-23T12:00:00Z
             */
            last_used_at: string | null;
            /** @example Nightly report */
            name: string;
            /**
             * @description The beginning of the key, to recognise it by.
             * @example ptk_4fTq9x
             */
            prefix: string;
            /** @example  */
            scope: components["schemas"]["Scope"];
        };
        /** @description The address that the mail goes to. */
        MailAddress: {
            /**
             * Format: email
             * @description Unique ignoring case.
             * @example anna@example.com
             */
            email: string;
        };
        /** @description The request is accepted. The answer is the same whether or not a user has the address. */
        MailRequested: {
            /** @example If an account has this address, a mail is on its way. */
            detail: string;
        };
        /** @description A CSV file and the options to read it with. */
        NewDataset: {
            /**
             * @description A comma, semicolon, tab or bar. Detected by default.
             * @example ,
             */
            delimiter?: string;
            /**
             * @description Detected by default.
             * @example utf-8
             */
            encoding?: string;
            /**
             * Format: binary
             * @description Its part has a filename.
             */
            file: string;
            /** @example Customers */
            name: string;
            /**
             * @description JSON: each column's name and its type, or an object of type, required, unique, min, max, pattern, enum. Empty or absent: it is inferred.
             * @example {"id": {"type": "integer", "unique": true}, "email": "email"}
             */
            schema?: string;
        };
        /** @description A new dog. */
        NewDog: {
            /**
             * @description The owner. Only admins may name other users.
             * @example 3f1c9d0ab9e84e7c8d2f6a5b4c3d2e1f
             */
            id_user?: string;
            is_adopted?: boolean;
        };
        /** @description The enrolment and a code of an authenticator app; or a passkey that a browser has made. */
        NewFactor: {
            /**
             * @description The code that an authenticator app shows.
             * @example 123456
             */
            code?: string;
            /** @example 9d1e07c4 */
            enrolment?: string;
            /** @example My phone */
            name?: string | null;
            /**
             * @example {
             *       "id": "…",
             *       "rawId": "…",
             *       "response": {
             *         "clientDataJSON": "…"
             *       },
             *       "type": "public-key"
             *     }
             */
            passkey?: Record<string, never> | null;
        };
        /** @description A file, as multipart/form-data. */
        NewFile: {
            /**
             * Format: binary
             * @description Its part has a filename.
             */
            file: string;
        };
        /** @description An invitation for the owner of an e-mail address. */
        NewInvitation: {
            /**
             * Format: email
             * @description Unique ignoring case.
             * @example anna@example.com
             */
            email: string;
            /** @example 7 */
            expires_in_days?: number;
            /**
             * @description The role of the account.
             * @enum {string}
             */
            role?: "user" | "uploader" | "auditor" | "admin";
        };
        /** @description A new key. Without `expires_in_days` it works until it is removed. */
        NewKey: {
            /** @example 90 */
            expires_in_days?: number | null;
            /** @example Nightly report */
            name: string;
            /**
             * @description A key with `read` is admitted to GET only.
             * @example read
             * @enum {string}
             */
            scope: "read" | "write";
        };
        /** @description The token of the mail and the new password. */
        NewPassword: {
            /**
             * Format: password
             * @description 8 to 128 characters (unless set otherwise) after NFC, any of Unicode; not one of the most used passwords, not easy to guess, not a leaked one where the service looks for these, and not your username or e-mail address.
             * @example correct horse battery
             */
            new_password: string;
            /**
             * @description The token in the link of the mail.
             * @example eyJ0eXAiOiJhdCtqd3QiLCJhbGciOiJFZERTQSIsImtpZCI6IuKApiJ9.e30.c2ln
             */
            token: string;
        };
        /** @description A person whom an admin adds. A person without a password cannot log in. */
        NewPerson: {
            /**
             * Format: email
             * @description Unique ignoring case.
             * @example anna@example.com
             */
            email: string;
            /** @example Ruiz */
            last_name: string;
            /** @example Anna */
            name: string;
            /** @example correct horse battery */
            password?: string | null;
            /** @enum {string} */
            role?: "user" | "uploader" | "auditor" | "admin";
            /** @example anna */
            username?: string | null;
        };
        /** @description A new account for a service. */
        NewServiceAccount: {
            /** @example Nightly report */
            name: string;
            /**
             * @example uploader
             * @enum {string}
             */
            role: "user" | "uploader" | "admin";
        };
        /** @description A new task. */
        NewTask: {
            completed?: boolean;
            /** @example Twice, if it rains. */
            description?: string | null;
            /** @example Walk the dog */
            title: string;
        };
        /** @description A new user and its tokens, together at the top level. */
        NewUserWithTokens: {
            /** @example eyJ0eXAiOiJhdCtqd3QiLCJhbGciOiJFZERTQSIsImtpZCI6IuKApiJ9.e30.c2ln */
            access_token: string;
            /**
             * @description The same as access_token.
             * @example eyJ0eXAiOiJhdCtqd3QiLCJhbGciOiJFZERTQSIsImtpZCI6IuKApiJ9.e30.c2ln
             */
            accessToken: string;
            /**
             * @description What admins have set. Every access token carries it at its top level.
             * @example {}
             */
            claims: {
                [key: string]: unknown;
            };
            /**
             * Format: date-time
             * @example 2026-11-22T09:00:00Z
             */
            created_at: string;
            /** @example false */
            disabled: boolean;
            /** @example anna@example.com */
            email: string | null;
            /** @example false */
            email_verified: boolean;
            /**
             * @description Seconds.
             * @example 900
             */
            expires_in: number;
            /** @example 3f1c9d0ab9e84e7c8d2f6a5b4c3d2e1f */
            id: string;
            /** @example Ruiz */
            last_name: string | null;
            /**
             * @description The user's own data. Nothing in it is trusted.
             * @example {}
             */
            metadata: {
                [key: string]: unknown;
            };
            /** @example Anna */
            name: string | null;
            /**
             * @description Single use: keep the one of the last answer.
             * @example pQ8Zr1Yx0Jv5Wn3Kc7Tm2Lb9Hd4Gf6Sa
             */
            refresh_token: string;
            /**
             * @description The same as refresh_token.
             * @example pQ8Zr1Yx0Jv5Wn3Kc7Tm2Lb9Hd4Gf6Sa
             */
            refreshToken: string;
            /** @example user */
            role: components["schemas"]["Role"];
            /**
             * @description The same as access_token.
             * @example eyJ0eXAiOiJhdCtqd3QiLCJhbGciOiJFZERTQSIsImtpZCI6IuKApiJ9.e30.c2ln
             */
            token: string;
            /**
             * @default bearer
             * @constant
             */
            token_type: "bearer";
            /**
             * Format: date-time
             * @example 2026-11-22T09:00:00Z
             */
            updated_at: string;
            /** @example anna */
            username: string | null;
        };
        /** @description A new webhook. */
        NewWebhook: {
            /** @example The billing system */
            description?: string | null;
            enabled?: boolean;
            /** @description The types of the events to send, or `*` for all. */
            events: ("*" | "login-succeeded" | "login-failed" | "passkey-counter-went-back" | "session-ended" | "sessions-ended" | "user-registered" | "guest-registered" | "invitation-created" | "invitation-accepted" | "user-added" | "profile-changed" | "role-changed" | "user-deleted" | "address-changed" | "address-verified" | "address-taken" | "factor-added" | "factor-removed" | "key-created" | "key-removed" | "user-exported" | "users-imported" | "webhook-changed" | "service-changed")[];
            /** @example https://example.com/portero */
            url: string;
        };
        /** @description The answer of a passkey to the challenge of a sign-in. */
        PasskeyLogin: {
            /**
             * @description A `PublicKeyCredential`, as its method `toJSON()` returns it.
             * @example {
             *       "id": "…",
             *       "rawId": "…",
             *       "response": {
             *         "clientDataJSON": "…"
             *       },
             *       "type": "public-key"
             *     }
             */
            passkey: Record<string, never>;
        };
        /** @description The options of a WebAuthn ceremony, as `PublicKeyCredential.parse…OptionsFromJSON` reads them. */
        PasskeyOptions: {
            /**
             * @example {
             *       "challenge": "…",
             *       "rpId": "example.com",
             *       "timeout": 600000,
             *       "userVerification": "required"
             *     }
             */
            publicKey: {
                [key: string]: unknown;
            };
        };
        /**
         * @description Your current password and the new one.
         *
         *     With `IDENTITY=firebase`, a recent sign-in at Firebase stands for the current password of an account that has none.
         */
        PasswordChange: {
            /**
             * Format: password
             * @example correct horse battery
             */
            current_password?: string;
            /**
             * Format: password
             * @description 8 to 128 characters (unless set otherwise) after NFC, any of Unicode; not one of the most used passwords, not easy to guess, not a leaked one where the service looks for these, and not your username or e-mail address.
             * @example correct horse battery
             */
            new_password: string;
        };
        /**
         * @description The state of a dog's picture.
         * @enum {string}
         */
        PictureStatus: "pending" | "ready" | "failed";
        /** @description A user as others see it, with the id and the username. Admins, auditors and the user itself see all fields. */
        PublicUser: {
            /** @example {} */
            claims?: {
                [key: string]: unknown;
            };
            /**
             * @default null
             * @example 2026-11-22T09:00:00Z
             */
            created_at: string | null;
            /** @default false */
            disabled: boolean;
            /**
             * @default null
             * @example anna@example.com
             */
            email: string | null;
            /** @default false */
            email_verified: boolean;
            /** @example 3f1c9d0ab9e84e7c8d2f6a5b4c3d2e1f */
            id: string;
            /**
             * @default null
             * @example Ruiz
             */
            last_name: string | null;
            /** @example {} */
            metadata?: {
                [key: string]: unknown;
            };
            /**
             * @default null
             * @example Anna
             */
            name: string | null;
            /** @default user */
            role: components["schemas"]["Role"];
            /**
             * @default null
             * @example 2026-11-22T09:00:00Z
             */
            updated_at: string | null;
            /** @example anna */
            username: string | null;
        };
        /** @description The answer that is kept for a request with an idempotency key. */
        Receipt: {
            /** @description Null while the request is in progress. */
            answer: {
                [key: string]: unknown;
            } | null;
            /**
             * Format: date-time
             * @example 2026-11-23T09:00:00Z
             */
            expires_at: string;
        };
        /** @description New recovery codes, which are shown this once. */
        RecoveryCodes: {
            /**
             * @example [
             *       "k3f9-0c2w-7hqz-m4vt"
             *     ]
             */
            codes: string[];
        };
        /** @description A refresh token under one of two names. Without a body, the bearer token is the refresh token. */
        RefreshRequest: {
            /** @example pQ8Zr1Yx0Jv5Wn3Kc7Tm2Lb9Hd4Gf6Sa */
            refresh_token?: string;
            /** @example pQ8Zr1Yx0Jv5Wn3Kc7Tm2Lb9Hd4Gf6Sa */
            refreshToken?: string;
        };
        /** @description A new account. */
        Registration: {
            /**
             * Format: email
             * @description Needed without an invitation.
             * @example anna@example.com
             */
            email?: string;
            /**
             * @description The token in the link of an invitation.
             * @example
             */
            invitation?: string;
            /** @example Ruiz */
            last_name?: string | null;
            /** @example Anna */
            name?: string | null;
            /**
             * Format: password
             * @description 8 to 128 characters (unless set otherwise) after NFC, any of Unicode; not one of the most used passwords, not easy to guess, not a leaked one where the service looks for these, and not your username or e-mail address.
             * @example correct horse battery
             */
            password: string;
            /**
             * @description 3 to 32 characters after NFKC: letters and digits of one script, at most four combining marks on a letter, and `. _ -`, beginning with a letter or a digit. Latin may be combined with the scripts of Chinese, Japanese or Korean. Unique ignoring case and Unicode form.
             * @example anna
             */
            username: string;
        };
        /**
         * @description The roles of users. A user may do all that a guest may do, and the later roles all that a user may do.
         * @enum {string}
         */
        Role: "guest" | "user" | "uploader" | "auditor" | "admin";
        /** @description A row. */
        Row: {
            /** @description The rules that it breaks, warnings too. */
            findings: components["schemas"]["Finding"][];
            /**
             * @description The line on which it begins.
             * @example 2
             */
            line: number;
            /** @description The values that are written in another form than JSON or ISO 8601 have. */
            normalised: {
                [key: string]: number | boolean | string;
            };
            /** @description Whether it breaks no rule of severity `error`. */
            valid: boolean;
            /** @description The values as they are written in the file. */
            values: {
                [key: string]: string;
            };
        };
        /** @description A value that breaks a rule, and the line of its row. */
        Sample: {
            /**
             * @description The line on which the record begins; the header is line 1.
             * @example 2
             */
            row: number;
            /** @example 1 */
            value: string;
        };
        /**
         * @description The requests that a key allows: READ allows reading only, WRITE allows reading and writing.
         * @enum {string}
         */
        Scope: "read" | "write";
        /** @description The token that the first step was answered with, and the answer of a factor. */
        SecondStep: {
            /**
             * @description The code that an authenticator app shows.
             * @example 123456
             */
            code?: string;
            /**
             * @description The token of the problem `mfa-required`.
             * @example 4b1d0c9e
             */
            mfa_token: string;
            /**
             * @example {
             *       "id": "…",
             *       "rawId": "…",
             *       "response": {
             *         "clientDataJSON": "…"
             *       },
             *       "type": "public-key"
             *     }
             */
            passkey?: Record<string, never> | null;
            /**
             * @description Each works once.
             * @example k3f9-0c2w-7hqz-m4vt
             */
            recovery_code?: string;
        };
        /** @description A new secret of a service. It is shown this once. */
        Secret: {
            /** @example pts_4fTq9xVd0s8LwK2mZ7cYb1RjE5HaGu03f1c9d0ab9e84e7c8d2f6a5b4c3d2e1f2pBzJW */
            client_secret: string;
        };
        /** @description An account of a service. It has no login, and is in no list of users. */
        ServiceAccount: {
            /**
             * Format: date-time
             * @example 2026-11-22T09:00:00Z
             */
            created_at: string;
            /** @example 3f1c9d0ab9e84e7c8d2f6a5b4c3d2e1f */
            id: string;
            /** @example Billing */
            name: string;
            /** @example uploader */
            role: components["schemas"]["Role"];
        };
        /** @description One of your sessions. */
        Session: {
            /**
             * @description How you have logged in (RFC 8176): `pwd`, `email`, `otp`, `recovery`, `pop`, `user`, `mfa`; empty if that is not known.
             * @example [
             *       "pwd"
             *     ]
             */
            amr: string[];
            /**
             * Format: date-time
             * @example 2026-11-22T09:00:00Z
             */
            created_at: string;
            /** @description Whether the token of this request belongs to it. */
            current: boolean;
            /** @example a41d7c02f3be4d0f9a6c5e8b7d1f2c3b */
            id: string;
            /** @example 192.0.2.1 */
            ip: string | null;
            /**
             * Format: date-time
             * @description The time of the last login or refresh.
             * @example 2026-11-22T09:05:00Z
             */
            last_used_at: string;
            /**
             * @description The second factor that Firebase asked for.
             * @example phone
             */
            second_factor: string | null;
            /** @example curl/8.5.0 */
            user_agent: string | null;
        };
        /**
         * @description The weight of a broken rule: an error makes the row invalid, a warning does not.
         * @enum {string}
         */
        Severity: "error" | "warning";
        /** @description The day of your last sign-in, in UTC. */
        SignIn: {
            /**
             * Format: date
             * @example 2026-11-23
             */
            day: string;
        };
        /** @description One proof: the password of an account without factors, or the answer of a factor. */
        StepUpBody: {
            /**
             * @description The code that an authenticator app shows.
             * @example 123456
             */
            code?: string;
            /**
             * @example {
             *       "id": "…",
             *       "rawId": "…",
             *       "response": {
             *         "clientDataJSON": "…"
             *       },
             *       "type": "public-key"
             *     }
             */
            passkey?: Record<string, never> | null;
            /**
             * Format: password
             * @example correct horse battery
             */
            password?: string;
            /**
             * @description Each works once.
             * @example k3f9-0c2w-7hqz-m4vt
             */
            recovery_code?: string;
        };
        /** @description A summary of a dataset for people. */
        Summary: {
            /** @enum {string} */
            source: "rules" | "ai";
            /** @description A stricter schema, in the form that an upload takes. */
            suggested_schema: {
                [key: string]: unknown;
            };
            /** @example 2 rows, 2 columns. Nothing was found. */
            text: string;
        };
        /** @description A task. */
        Task: {
            completed: boolean;
            /**
             * Format: date-time
             * @example 2026-11-22T09:00:00Z
             */
            created_at: string;
            /** @example Twice, if it rains. */
            description: string | null;
            /** @example 8c0a5be1d2f34a6b9c7d8e0f1a2b3c4d */
            id: string;
            /** @example Walk the dog */
            title: string;
            /**
             * Format: date-time
             * @example 2026-11-22T09:00:00Z
             */
            updated_at: string;
        };
        /** @description A change of a task. At least one field is required; an absent field keeps its value. */
        TaskChange: {
            completed?: boolean;
            /** @example Twice, if it rains. */
            description?: string | null;
            /** @example Walk the dog */
            title?: string;
        };
        /** @description The token that the first step was answered with. */
        Ticket: {
            /**
             * @description The token of the problem `mfa-required`.
             * @example 4b1d0c9e
             */
            mfa_token: string;
        };
        /** @description The token in the link of the mail; or the address, and the six digits in the mail. */
        TokenOrCode: {
            /** @example 123456 */
            code?: string;
            /** @example anna@example.com */
            email?: string | null;
            /**
             * @description The code that an authenticator app shows.
             * @example 123456
             */
            otp?: string;
            /**
             * @description The token in the link of the mail.
             * @example eyJ0eXAiOiJhdCtqd3QiLCJhbGciOiJFZERTQSIsImtpZCI6IuKApiJ9.e30.c2ln
             */
            token?: string;
        };
        /** @description The token of the mail; or nothing, to ask for a mail. */
        TokenOrNothing: {
            /**
             * @description The token in the link of the mail.
             * @example eyJ0eXAiOiJhdCtqd3QiLCJhbGciOiJFZERTQSIsImtpZCI6IuKApiJ9.e30.c2ln
             */
            token?: string;
        };
        /** @description An access token and the refresh token that gets the next one. */
        Tokens: {
            /** @example eyJ0eXAiOiJhdCtqd3QiLCJhbGciOiJFZERTQSIsImtpZCI6IuKApiJ9.e30.c2ln */
            access_token: string;
            /**
             * @description Seconds.
             * @example 900
             */
            expires_in: number;
            /**
             * @description Single use: keep the one of the last answer.
             * @example pQ8Zr1Yx0Jv5Wn3Kc7Tm2Lb9Hd4Gf6Sa
             */
            refresh_token: string;
            /**
             * @default bearer
             * @constant
             */
            token_type: "bearer";
        };
        /** @description A user. */
        User: {
            /**
             * @description What admins have set. Every access token carries it at its top level.
             * @example {}
             */
            claims: {
                [key: string]: unknown;
            };
            /**
             * Format: date-time
             * @example 2026-11-22T09:00:00Z
             */
            created_at: string;
            /** @example false */
            disabled: boolean;
            /** @example anna@example.com */
            email: string | null;
            /** @example false */
            email_verified: boolean;
            /** @example 3f1c9d0ab9e84e7c8d2f6a5b4c3d2e1f */
            id: string;
            /** @example Ruiz */
            last_name: string | null;
            /**
             * @description The user's own data. Nothing in it is trusted.
             * @example {}
             */
            metadata: {
                [key: string]: unknown;
            };
            /** @example Anna */
            name: string | null;
            /** @example user */
            role: components["schemas"]["Role"];
            /**
             * Format: date-time
             * @example 2026-11-22T09:00:00Z
             */
            updated_at: string;
            /** @example anna */
            username: string | null;
        };
        /** @description A change of a user. At least one field is required. Only admins can set `role`, `disabled` and `claims`. */
        UserChange: {
            /**
             * @description Replaces what every access token carries. At most 1 000 bytes together with `role`.
             * @example {
             *       "plan": "gold"
             *     }
             */
            claims?: Record<string, never>;
            /** @example correct horse battery */
            current_password?: string | null;
            disabled?: boolean;
            /**
             * Format: email
             * @description Unique ignoring case.
             * @example anna@example.com
             */
            email?: string;
            /** @example Ruiz */
            last_name?: string | null;
            /**
             * @description A merge patch (RFC 7396) of your own data: null removes a key. At most 8 KiB and 8 levels.
             * @example {
             *       "theme": "dark"
             *     }
             */
            metadata?: Record<string, never>;
            /** @example Anna */
            name?: string | null;
            /** @enum {string} */
            role?: "user" | "uploader" | "auditor" | "admin";
            /**
             * @description 3 to 32 characters after NFKC: letters and digits of one script, at most four combining marks on a letter, and `. _ -`, beginning with a letter or a digit. Latin may be combined with the scripts of Chinese, Japanese or Korean. Unique ignoring case and Unicode form.
             * @example anna
             */
            username?: string;
        };
        /** @description A rule that was checked, and the result of the check. */
        Validation: {
            /** @example id */
            column: string | null;
            /**
             * @description The number of values that broke it.
             * @example 0
             */
            count: number;
            passed: boolean;
            /** @example not_empty */
            rule: string;
            /** @description The first ten of those values. */
            samples: components["schemas"]["Sample"][];
            /** @description A row that breaks a rule of severity `error` is not valid. A warning leaves the row valid. */
            severity: components["schemas"]["Severity"];
        };
        /** @description A webhook. */
        Webhook: {
            /**
             * Format: date-time
             * @example 2026-11-22T09:00:00Z
             */
            created_at: string;
            /** @example The billing system */
            description: string | null;
            enabled: boolean;
            /**
             * @example [
             *       "login-succeeded",
             *       "user-deleted"
             *     ]
             */
            events: string[];
            /**
             * @description The failed attempts since the last success.
             * @example 0
             */
            failures: number;
            /** @example 8c0a5be1d2f34a6b9c7d8e0f1a2b3c4d */
            id: string;
            /** @example 2026-11-23T12:00:00Z */
            last_failure_at: string | null;
            /** @example 2026-11-23T12:00:00Z */
            last_success_at: string | null;
            /**
             * Format: date-time
             * @example 2026-11-22T09:00:00Z
             */
            updated_at: string;
            /** @example https://example.com/portero */
            url: string;
        };
        /** @description A change of a webhook. At least one field is required; an absent field keeps its value. */
        WebhookBody: {
            /** @example The billing system */
            description?: string | null;
            enabled?: boolean;
            /** @description The types of the events to send, or `*` for all. */
            events?: ("*" | "login-succeeded" | "login-failed" | "passkey-counter-went-back" | "session-ended" | "sessions-ended" | "user-registered" | "guest-registered" | "invitation-created" | "invitation-accepted" | "user-added" | "profile-changed" | "role-changed" | "user-deleted" | "address-changed" | "address-verified" | "address-taken" | "factor-added" | "factor-removed" | "key-created" | "key-removed" | "user-exported" | "users-imported" | "webhook-changed" | "service-changed")[];
            /** @example https://example.com/portero */
            url?: string;
        };
        /** @description A webhook with the secret that signs its deliveries. */
        WebhookSecret: {
            /**
             * Format: date-time
             * @example 2026-11-22T09:00:00Z
             */
            created_at: string;
            /** @example The billing system */
            description: string | null;
            enabled: boolean;
            /**
             * @example [
             *       "login-succeeded",
             *       "user-deleted"
             *     ]
             */
            events: string[];
            /**
             * @description The failed attempts since the last success.
             * @example 0
             */
            failures: number;
            /** @example 8c0a5be1d2f34a6b9c7d8e0f1a2b3c4d */
            id: string;
            /** @example 2026-11-23T12:00:00Z */
            last_failure_at: string | null;
            /** @example 2026-11-23T12:00:00Z */
            last_success_at: string | null;
            /**
             * @description Not shown again.
             * @example whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw
             */
            secret: string;
            /**
             * Format: date-time
             * @example 2026-11-22T09:00:00Z
             */
            updated_at: string;
            /** @example https://example.com/portero */
            url: string;
        };
    };
    responses: never;
    parameters: never;
    requestBodies: never;
    headers: never;
    pathItems: never;
}
export type AcceptedDataset = components['schemas']['AcceptedDataset'];
export type AccessToken = components['schemas']['AccessToken'];
export type AccountChange = components['schemas']['AccountChange'];
export type Actor = components['schemas']['Actor'];
export type ActorKind = components['schemas']['ActorKind'];
export type AddedFactor = components['schemas']['AddedFactor'];
export type AppSetup = components['schemas']['AppSetup'];
export type Column = components['schemas']['Column'];
export type ColumnType = components['schemas']['ColumnType'];
export type CreatedInvitation = components['schemas']['CreatedInvitation'];
export type CreatedKey = components['schemas']['CreatedKey'];
export type CreatedServiceAccount = components['schemas']['CreatedServiceAccount'];
export type Credentials = components['schemas']['Credentials'];
export type CustomToken = components['schemas']['CustomToken'];
export type Dataset = components['schemas']['Dataset'];
export type DatasetStatus = components['schemas']['DatasetStatus'];
export type Delivery = components['schemas']['Delivery'];
export type DeliveryStatus = components['schemas']['DeliveryStatus'];
export type Dog = components['schemas']['Dog'];
export type DogChange = components['schemas']['DogChange'];
export type Event = components['schemas']['Event'];
export type EventType = components['schemas']['EventType'];
export type Export = components['schemas']['Export'];
export type Factor = components['schemas']['Factor'];
export type FactorChange = components['schemas']['FactorChange'];
export type FactorKind = components['schemas']['FactorKind'];
export type FieldProblem = components['schemas']['FieldProblem'];
export type File = components['schemas']['File'];
export type Finding = components['schemas']['Finding'];
export type FirebaseToken = components['schemas']['FirebaseToken'];
export type History = components['schemas']['History'];
export type Invitation = components['schemas']['Invitation'];
export type InvitationStatus = components['schemas']['InvitationStatus'];
export type Job = components['schemas']['Job'];
export type JobStatus = components['schemas']['JobStatus'];
export type Key = components['schemas']['Key'];
export type MailAddress = components['schemas']['MailAddress'];
export type MailRequested = components['schemas']['MailRequested'];
export type NewDataset = components['schemas']['NewDataset'];
export type NewDog = components['schemas']['NewDog'];
export type NewFactor = components['schemas']['NewFactor'];
export type NewFile = components['schemas']['NewFile'];
export type NewInvitation = components['schemas']['NewInvitation'];
export type NewKey = components['schemas']['NewKey'];
export type NewPassword = components['schemas']['NewPassword'];
export type NewPerson = components['schemas']['NewPerson'];
export type NewServiceAccount = components['schemas']['NewServiceAccount'];
export type NewTask = components['schemas']['NewTask'];
export type NewUserWithTokens = components['schemas']['NewUserWithTokens'];
export type NewWebhook = components['schemas']['NewWebhook'];
export type PasskeyLogin = components['schemas']['PasskeyLogin'];
export type PasskeyOptions = components['schemas']['PasskeyOptions'];
export type PasswordChange = components['schemas']['PasswordChange'];
export type PictureStatus = components['schemas']['PictureStatus'];
export type PublicUser = components['schemas']['PublicUser'];
export type Receipt = components['schemas']['Receipt'];
export type RecoveryCodes = components['schemas']['RecoveryCodes'];
export type RefreshRequest = components['schemas']['RefreshRequest'];
export type Registration = components['schemas']['Registration'];
export type Role = components['schemas']['Role'];
export type Row = components['schemas']['Row'];
export type Sample = components['schemas']['Sample'];
export type Scope = components['schemas']['Scope'];
export type SecondStep = components['schemas']['SecondStep'];
export type Secret = components['schemas']['Secret'];
export type ServiceAccount = components['schemas']['ServiceAccount'];
export type Session = components['schemas']['Session'];
export type Severity = components['schemas']['Severity'];
export type SignIn = components['schemas']['SignIn'];
export type StepUpBody = components['schemas']['StepUpBody'];
export type Summary = components['schemas']['Summary'];
export type Task = components['schemas']['Task'];
export type TaskChange = components['schemas']['TaskChange'];
export type Ticket = components['schemas']['Ticket'];
export type TokenOrCode = components['schemas']['TokenOrCode'];
export type TokenOrNothing = components['schemas']['TokenOrNothing'];
export type Tokens = components['schemas']['Tokens'];
export type User = components['schemas']['User'];
export type UserChange = components['schemas']['UserChange'];
export type Validation = components['schemas']['Validation'];
export type Webhook = components['schemas']['Webhook'];
export type WebhookBody = components['schemas']['WebhookBody'];
export type WebhookSecret = components['schemas']['WebhookSecret'];
export type $defs = Record<string, never>;
export interface operations {
    listDogs: {
        parameters: {
            query?: {
                /** @description Where to go on, from the last Link header. The first page without it, or if it is empty. */
                cursor?: string | null;
                /** @description How many at most; 100 unless told. */
                limit?: number;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A page of the list. Each item: a dog. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Dog"][];
                };
            };
        };
    };
    getDog: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The name of the dog, in any case. */
                name: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A dog. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Dog"];
                };
            };
        };
    };
    updateDog: {
        parameters: {
            query?: never;
            header?: {
                /** @description Change or remove it only if this is still its ETag. */
                "If-Match"?: string;
            };
            path: {
                /** @description The name of the dog, in any case. */
                name: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["DogChange"];
            };
        };
        responses: {
            /** @description A dog. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Dog"];
                };
            };
        };
    };
    createDog: {
        parameters: {
            query?: never;
            header?: {
                /** @description The same key with the same request gets the first answer again, for 24 hours. */
                "Idempotency-Key"?: string;
            };
            path: {
                /** @description The name of the dog, in any case. */
                name: string;
            };
            cookie?: never;
        };
        requestBody?: {
            content: {
                "application/json": components["schemas"]["NewDog"];
            };
        };
        responses: {
            /** @description Created: a dog. */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Dog"];
                };
            };
        };
    };
    deleteDog: {
        parameters: {
            query?: never;
            header?: {
                /** @description Change or remove it only if this is still its ETag. */
                "If-Match"?: string;
            };
            path: {
                /** @description The name of the dog, in any case. */
                name: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
        };
    };
    listAdoptedDogs: {
        parameters: {
            query?: {
                /** @description Where to go on, from the last Link header. The first page without it, or if it is empty. */
                cursor?: string | null;
                /** @description How many at most; 100 unless told. */
                limit?: number;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A page of the list. Each item: a dog. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Dog"][];
                };
            };
        };
    };
    listFiles: {
        parameters: {
            query?: {
                /** @description Where to go on, from the last Link header. The first page without it, or if it is empty. */
                cursor?: string | null;
                /** @description How many at most; 100 unless told. */
                limit?: number;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A page of the list. Each item: a file. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["File"][];
                };
            };
        };
    };
    createFile: {
        parameters: {
            query?: never;
            header?: {
                /** @description The same key with the same request gets the first answer again, for 24 hours. */
                "Idempotency-Key"?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "multipart/form-data": components["schemas"]["NewFile"];
            };
        };
        responses: {
            /** @description Accepted: a file. */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["File"];
                };
            };
        };
    };
    getFile: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The id. */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A file. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["File"];
                };
            };
        };
    };
    deleteFile: {
        parameters: {
            query?: never;
            header?: {
                /** @description Change or remove it only if this is still its ETag. */
                "If-Match"?: string;
            };
            path: {
                /** @description The id. */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
        };
    };
    downloadFile: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The id. */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The file. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/octet-stream": string;
                };
            };
        };
    };
    createPerson: {
        parameters: {
            query?: never;
            header?: {
                /** @description The same key with the same request gets the first answer again, for 24 hours. */
                "Idempotency-Key"?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["NewPerson"];
            };
        };
        responses: {
            /** @description Created: a user. */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["User"];
                };
            };
        };
    };
    signUp: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["Registration"];
            };
        };
        responses: {
            /** @description Created: a new user and its tokens, together at the top level. */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["NewUserWithTokens"];
                };
            };
        };
    };
    becomeGuest: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Created: an access token, as OAuth2 names it (RFC 6749 section 5.1). */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["AccessToken"];
                };
            };
        };
    };
    requestLogin: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["MailAddress"];
            };
        };
        responses: {
            /** @description Accepted: the request is accepted. */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["MailRequested"];
                };
            };
        };
    };
    confirmLogin: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: {
            content: {
                "application/json": components["schemas"]["TokenOrCode"];
            };
        };
        responses: {
            /** @description An access token and the refresh token that gets the next one. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Tokens"];
                };
            };
        };
    };
    verifyAddress: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: {
            content: {
                "application/json": components["schemas"]["TokenOrNothing"];
            };
        };
        responses: {
            /** @description Accepted: the request is accepted. */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["MailRequested"];
                };
            };
            /** @description Done. */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
        };
    };
    exchangeToken: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["FirebaseToken"];
            };
        };
        responses: {
            /** @description An access token and the refresh token that gets the next one. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Tokens"] | components["schemas"]["AccessToken"];
                };
            };
        };
    };
    issueCustomToken: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A custom token for `signInWithCustomToken` of a Firebase client. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["CustomToken"];
                };
            };
        };
    };
    logOut: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
        };
    };
    logOutEverywhere: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
        };
    };
    mfa: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["SecondStep"];
            };
        };
        responses: {
            /** @description An access token and the refresh token that gets the next one. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Tokens"];
                };
            };
        };
    };
    getMfaOptions: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["Ticket"];
            };
        };
        responses: {
            /** @description The options of a WebAuthn ceremony, as `PublicKeyCredential.parse…OptionsFromJSON` reads them. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["PasskeyOptions"];
                };
            };
        };
    };
    logInWithPasskey: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["PasskeyLogin"];
            };
        };
        responses: {
            /** @description An access token and the refresh token that gets the next one. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Tokens"];
                };
            };
        };
    };
    getPasskeyOptions: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The options of a WebAuthn ceremony, as `PublicKeyCredential.parse…OptionsFromJSON` reads them. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["PasskeyOptions"];
                };
            };
        };
    };
    requestPasswordReset: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["MailAddress"];
            };
        };
        responses: {
            /** @description Accepted: the request is accepted. */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["MailRequested"];
                };
            };
        };
    };
    resetPassword: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["NewPassword"];
            };
        };
        responses: {
            /** @description Done. */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
        };
    };
    refresh: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: {
            content: {
                "application/json": components["schemas"]["RefreshRequest"];
            };
        };
        responses: {
            /** @description An access token and the refresh token that gets the next one. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Tokens"];
                };
            };
        };
    };
    renewToken: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description An access token, as OAuth2 names it (RFC 6749 section 5.1). */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["AccessToken"];
                };
            };
        };
    };
    listSessions: {
        parameters: {
            query?: {
                /** @description Where to go on, from the last Link header. The first page without it, or if it is empty. */
                cursor?: string | null;
                /** @description How many at most; 100 unless told. */
                limit?: number;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A page of the list. Each item: one of your sessions. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Session"][];
                };
            };
        };
    };
    endSession: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The id. */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
        };
    };
    stepUp: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: {
            content: {
                "application/json": components["schemas"]["StepUpBody"];
            };
        };
        responses: {
            /** @description An access token, as OAuth2 names it (RFC 6749 section 5.1). */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["AccessToken"];
                };
            };
        };
    };
    getStepUpOptions: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The options of a WebAuthn ceremony, as `PublicKeyCredential.parse…OptionsFromJSON` reads them. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["PasskeyOptions"];
                };
            };
        };
    };
    listDatasets: {
        parameters: {
            query?: {
                /** @description Where to go on, from the last Link header. The first page without it, or if it is empty. */
                cursor?: string | null;
                /** @description How many at most; 100 unless told. */
                limit?: number;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A page of the list. Each item: a dataset. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Dataset"][];
                };
            };
        };
    };
    createDataset: {
        parameters: {
            query?: never;
            header?: {
                /** @description The same key with the same request gets the first answer again, for 24 hours. */
                "Idempotency-Key"?: string;
                /** @description respond-async: do not wait, there will be a job to watch. */
                Prefer?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "multipart/form-data": components["schemas"]["NewDataset"];
            };
        };
        responses: {
            /** @description Created: a dataset. */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Dataset"];
                };
            };
            /** @description Accepted: a job does it. */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["AcceptedDataset"];
                };
            };
        };
    };
    getDataset: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The id. */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A dataset. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Dataset"];
                };
            };
        };
    };
    deleteDataset: {
        parameters: {
            query?: never;
            header?: {
                /** @description Change or remove it only if this is still its ETag. */
                "If-Match"?: string;
            };
            path: {
                /** @description The id. */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
        };
    };
    downloadDataset: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The id. */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The file. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/octet-stream": string;
                };
            };
        };
    };
    listRows: {
        parameters: {
            query?: {
                /** @description Where to go on, from the last Link header. The first page without it, or if it is empty. */
                cursor?: string | null;
                /** @description How many at most; 100 unless told. */
                limit?: number;
                /** @description Only the valid rows, or only the others. By default all. */
                valid?: boolean | null;
            };
            header?: never;
            path: {
                /** @description The id. */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A page of the list. Each item: a row. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Row"][];
                };
            };
        };
    };
    summariseDataset: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The id. */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A summary of a dataset for people. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Summary"];
                };
            };
        };
    };
    listEvents: {
        parameters: {
            query?: {
                /** @description Where to go on, from the last Link header. The first page without it, or if it is empty. */
                cursor?: string | null;
                /** @description The earliest time. */
                from?: string | null;
                /** @description How many at most; 100 unless told. */
                limit?: number;
                /** @description The type to look for. */
                type?: components["schemas"]["EventType"] | null;
                /** @description The latest time. */
                until?: string | null;
                /** @description The user to whom they happened. */
                user_id?: string | null;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A page of the list. Each item: something that happened to an account. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Event"][];
                };
            };
        };
    };
    listInvitations: {
        parameters: {
            query?: {
                /** @description Where to go on, from the last Link header. The first page without it, or if it is empty. */
                cursor?: string | null;
                /** @description How many at most; 100 unless told. */
                limit?: number;
                /** @description The status to look for. */
                status?: components["schemas"]["InvitationStatus"] | null;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A page of the list. Each item: an invitation to make an account. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Invitation"][];
                };
            };
        };
    };
    createInvitation: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["NewInvitation"];
            };
        };
        responses: {
            /** @description Created: a new invitation, with the link to the page that registers. */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["CreatedInvitation"];
                };
            };
        };
    };
    getInvitation: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The id. */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description An invitation to make an account. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Invitation"];
                };
            };
        };
    };
    deleteInvitation: {
        parameters: {
            query?: never;
            header?: {
                /** @description Change or remove it only if this is still its ETag. */
                "If-Match"?: string;
            };
            path: {
                /** @description The id. */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
        };
    };
    getJob: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The id. */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A job that runs in the background, and its progress. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Job"];
                };
            };
        };
    };
    cancelJob: {
        parameters: {
            query?: never;
            header?: {
                /** @description Change or remove it only if this is still its ETag. */
                "If-Match"?: string;
            };
            path: {
                /** @description The id. */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
        };
    };
    logIn: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["Credentials"];
            };
        };
        responses: {
            /** @description An access token and the refresh token that gets the next one. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Tokens"];
                };
            };
        };
    };
    register: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["Registration"];
            };
        };
        responses: {
            /** @description Created: a user. */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["User"];
                };
            };
        };
    };
    listServices: {
        parameters: {
            query?: {
                /** @description Where to go on, from the last Link header. The first page without it, or if it is empty. */
                cursor?: string | null;
                /** @description How many at most; 100 unless told. */
                limit?: number;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A page of the list. Each item: an account of a service. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ServiceAccount"][];
                };
            };
        };
    };
    createService: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["NewServiceAccount"];
            };
        };
        responses: {
            /** @description Created: a new account of a service, with its secret, which is shown this once. */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["CreatedServiceAccount"];
                };
            };
        };
    };
    getService: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The id. */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description An account of a service. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ServiceAccount"];
                };
            };
        };
    };
    deleteService: {
        parameters: {
            query?: never;
            header?: {
                /** @description Change or remove it only if this is still its ETag. */
                "If-Match"?: string;
            };
            path: {
                /** @description The id. */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
        };
    };
    renewServiceSecret: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The id. */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Created: a new secret of a service. */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Secret"];
                };
            };
        };
    };
    listTasks: {
        parameters: {
            query?: {
                /** @description Only the completed tasks, or only the others. By default all. */
                completed?: boolean | null;
                /** @description Where to go on, from the last Link header. The first page without it, or if it is empty. */
                cursor?: string | null;
                /** @description How many at most; 100 unless told. */
                limit?: number;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A page of the list. Each item: a task. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Task"][];
                };
            };
        };
    };
    createTask: {
        parameters: {
            query?: never;
            header?: {
                /** @description The same key with the same request gets the first answer again, for 24 hours. */
                "Idempotency-Key"?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["NewTask"];
            };
        };
        responses: {
            /** @description Created: a task. */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Task"];
                };
            };
        };
    };
    getTask: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The id. */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A task. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Task"];
                };
            };
        };
    };
    updateTask: {
        parameters: {
            query?: never;
            header?: {
                /** @description Change or remove it only if this is still its ETag. */
                "If-Match"?: string;
            };
            path: {
                /** @description The id. */
                id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["TaskChange"];
            };
        };
        responses: {
            /** @description A task. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Task"];
                };
            };
        };
    };
    deleteTask: {
        parameters: {
            query?: never;
            header?: {
                /** @description Change or remove it only if this is still its ETag. */
                "If-Match"?: string;
            };
            path: {
                /** @description The id. */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
        };
    };
    getUser: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A user. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["User"];
                };
            };
        };
    };
    updateUser: {
        parameters: {
            query?: never;
            header?: {
                /** @description Change or remove it only if this is still its ETag. */
                "If-Match"?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["AccountChange"];
            };
        };
        responses: {
            /** @description A user. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["User"];
                };
            };
        };
    };
    deleteUser: {
        parameters: {
            query?: never;
            header?: {
                /** @description Change or remove it only if this is still its ETag. */
                "If-Match"?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
        };
    };
    listHistory: {
        parameters: {
            query?: {
                /** @description Where to go on, from the last Link header. The first page without it, or if it is empty. */
                cursor?: string | null;
                /** @description How many at most; 100 unless told. */
                limit?: number;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A page of the list. Each item: something that happened to your account, also in words. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["History"][];
                };
            };
        };
    };
    exportUser: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Everything that the service holds about you. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Export"];
                };
            };
        };
    };
    listFactors: {
        parameters: {
            query?: {
                /** @description Where to go on, from the last Link header. The first page without it, or if it is empty. */
                cursor?: string | null;
                /** @description How many at most; 100 unless told. */
                limit?: number;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A page of the list. Each item: a second factor. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Factor"][];
                };
            };
        };
    };
    createFactor: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: {
            content: {
                "application/json": components["schemas"]["NewFactor"];
            };
        };
        responses: {
            /** @description Created: a new second factor. */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["AddedFactor"];
                };
            };
        };
    };
    renameFactor: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The id. */
                id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["FactorChange"];
            };
        };
        responses: {
            /** @description A second factor. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Factor"];
                };
            };
        };
    };
    removeFactor: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The id. */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
        };
    };
    startPasskey: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The options of a WebAuthn ceremony, as `PublicKeyCredential.parse…OptionsFromJSON` reads them. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["PasskeyOptions"];
                };
            };
        };
    };
    renewRecoveryCodes: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Created: new recovery codes, which are shown this once. */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["RecoveryCodes"];
                };
            };
        };
    };
    startApp: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The secret for an authenticator app, in the forms in which apps take it. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["AppSetup"];
                };
            };
        };
    };
    listKeys: {
        parameters: {
            query?: {
                /** @description Where to go on, from the last Link header. The first page without it, or if it is empty. */
                cursor?: string | null;
                /** @description How many at most; 100 unless told. */
                limit?: number;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A page of the list. Each item: a key of yours. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Key"][];
                };
            };
        };
    };
    createKey: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["NewKey"];
            };
        };
        responses: {
            /** @description Created: a new key. */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["CreatedKey"];
                };
            };
        };
    };
    removeKey: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The id. */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
        };
    };
    updatePassword: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["PasswordChange"];
            };
        };
        responses: {
            /** @description Done. */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
        };
    };
    listUsers: {
        parameters: {
            query?: {
                /** @description Where to go on, from the last Link header. The first page without it, or if it is empty. */
                cursor?: string | null;
                /** @description The whole e-mail address. */
                email?: string | null;
                /** @description How many at most; 100 unless told. */
                limit?: number;
                /** @description The beginning of the username. */
                q?: string | null;
                /** @description The role to look for. */
                role?: components["schemas"]["Role"] | null;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A page of the list. Each item: a user as others see it, with the id and the username. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["PublicUser"][];
                };
            };
        };
    };
    getUserById: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The id. */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A user as others see it, with the id and the username. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["PublicUser"];
                };
            };
        };
    };
    updateUserById: {
        parameters: {
            query?: never;
            header?: {
                /** @description Change or remove it only if this is still its ETag. */
                "If-Match"?: string;
            };
            path: {
                /** @description The id. */
                id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["UserChange"];
            };
        };
        responses: {
            /** @description A user. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["User"];
                };
            };
        };
    };
    deleteUserById: {
        parameters: {
            query?: never;
            header?: {
                /** @description Change or remove it only if this is still its ETag. */
                "If-Match"?: string;
            };
            path: {
                /** @description The id. */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
        };
    };
    listDogsOfUser: {
        parameters: {
            query?: {
                /** @description Where to go on, from the last Link header. The first page without it, or if it is empty. */
                cursor?: string | null;
                /** @description How many at most; 100 unless told. */
                limit?: number;
            };
            header?: never;
            path: {
                /** @description The id. */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A page of the list. Each item: a dog. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Dog"][];
                };
            };
        };
    };
    listFactorsOfUser: {
        parameters: {
            query?: {
                /** @description Where to go on, from the last Link header. The first page without it, or if it is empty. */
                cursor?: string | null;
                /** @description How many at most; 100 unless told. */
                limit?: number;
            };
            header?: never;
            path: {
                /** @description The id. */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A page of the list. Each item: a second factor. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Factor"][];
                };
            };
        };
    };
    resetFactors: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The id. */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
        };
    };
    listWebhooks: {
        parameters: {
            query?: {
                /** @description Where to go on, from the last Link header. The first page without it, or if it is empty. */
                cursor?: string | null;
                /** @description How many at most; 100 unless told. */
                limit?: number;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A page of the list. Each item: a webhook. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Webhook"][];
                };
            };
        };
    };
    createWebhook: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["NewWebhook"];
            };
        };
        responses: {
            /** @description Created: a webhook with the secret that signs its deliveries. */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["WebhookSecret"];
                };
            };
        };
    };
    getWebhook: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The id. */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A webhook. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Webhook"];
                };
            };
        };
    };
    updateWebhook: {
        parameters: {
            query?: never;
            header?: {
                /** @description Change or remove it only if this is still its ETag. */
                "If-Match"?: string;
            };
            path: {
                /** @description The id. */
                id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["WebhookBody"];
            };
        };
        responses: {
            /** @description A webhook. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Webhook"];
                };
            };
        };
    };
    removeWebhook: {
        parameters: {
            query?: never;
            header?: {
                /** @description Change or remove it only if this is still its ETag. */
                "If-Match"?: string;
            };
            path: {
                /** @description The id. */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
        };
    };
    listDeliveries: {
        parameters: {
            query?: {
                /** @description Where to go on, from the last Link header. The first page without it, or if it is empty. */
                cursor?: string | null;
                /** @description How many at most; 100 unless told. */
                limit?: number;
            };
            header?: never;
            path: {
                /** @description The id. */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A page of the list. Each item: a delivery of an event to a webhook. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Delivery"][];
                };
            };
        };
    };
    retryDelivery: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The id of the delivery. */
                delivery_id: string;
                /** @description The id. */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Accepted: a delivery of an event to a webhook. */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Delivery"];
                };
            };
        };
    };
    pingWebhook: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The id. */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Accepted: a delivery of an event to a webhook. */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Delivery"];
                };
            };
        };
    };
    rotateWebhookSecret: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The id. */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Created: a webhook with the secret that signs its deliveries. */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["WebhookSecret"];
                };
            };
        };
    };
}
