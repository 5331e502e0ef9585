/** The operations of the service. Generated from the OpenAPI document by `make clients`. */
import type * as types from "./schema.js";
import { multipart, Requests } from "./requests.js";
import type { Options } from "./requests.js";

/** A method for each operation. */
export class Operations extends Requests {
  /** A guest lives a day at most, and becomes a user by registering. */
  becomeGuest(options: Options = {}): Promise<types.AccessToken> {
    return this.call("none", options, (init) =>
      this.http.POST("/auth/anonymous", { ...init }));
  }

  /** Admins may cancel the jobs of all users. The worker of the job stops at the next step.
   *
   * Admins with factors need a proof with two factors for what belongs to others. */
  cancelJob(id: string, options: Options & { ifMatch?: string | undefined } = {}): Promise<undefined> {
    return this.call("use", options, (init) =>
      this.http.DELETE("/jobs/{id}", { ...init, params: { path: { id }, header: { "If-Match": options.ifMatch } } }));
  }

  /** If the address was not proved before, a stranger may have registered the account. Its password then becomes invalid,
   * and all its factors and sessions end. With Firebase Auth, the service checks the account at Firebase first. A login
   * by mail does not replace the second factor of an account. */
  confirmLogin(fields: types.TokenOrCode = {}, options: Options = {}): Promise<types.Tokens> {
    return this.call("none", options, (init) =>
      this.http.POST("/auth/email/login/confirm", { ...init, body: fields }));
  }

  /** A large file, or one that the client does not want to wait for, is checked by a job. Nothing is visible until the
   * last row is stored. */
  createDataset(file: Blob, fields: Omit<types.NewDataset, "file">, options: Options & { idempotencyKey?: string | undefined; prefer?: string | undefined } = {}): Promise<types.Dataset | types.AcceptedDataset> {
    return this.call("use", options, (init) =>
      this.http.POST("/datasets", { ...init, body: multipart({ file, ...fields }), params: { header: { "Idempotency-Key": options.idempotencyKey, "Prefer": options.prefer } } }));
  }

  /** A job fetches its picture in the background.
   *
   * Admins with factors need a proof with two factors for what belongs to others. */
  createDog(name: string, fields: types.NewDog = {}, options: Options & { idempotencyKey?: string | undefined } = {}): Promise<types.Dog> {
    return this.call("use", options, (init) =>
      this.http.POST("/api/dogs/{name}", { ...init, body: fields, params: { path: { name }, header: { "Idempotency-Key": options.idempotencyKey } } }));
  }

  /** The first factor brings ten recovery codes and ends every other session. This session counts as one with two factors
   * from its next refresh or step-up on.
   *
   * For callers with factors, it needs a proof with two factors in the last ten minutes. */
  createFactor(fields: types.NewFactor = {}, options: Options = {}): Promise<types.AddedFactor> {
    return this.call("use", options, (init) =>
      this.http.POST("/user/factors", { ...init, body: fields }));
  }

  /** A job then sends it on to the service that the operator has configured, if any. */
  createFile(file: Blob, options: Options & { idempotencyKey?: string | undefined } = {}): Promise<types.File> {
    return this.call("use", options, (init) =>
      this.http.POST("/api/files", { ...init, body: multipart({ file }), params: { header: { "Idempotency-Key": options.idempotencyKey } } }));
  }

  /** The answer has a link to pass on. With a mail server, the invitation is also sent to the address, in the language of
   * the request. Only the link in the mail proves the address. Each invitation makes one account.
   *
   * For callers with factors, it needs a proof with two factors. */
  createInvitation(fields: types.NewInvitation, options: Options = {}): Promise<types.CreatedInvitation> {
    return this.call("use", options, (init) =>
      this.http.POST("/invitations", { ...init, body: fields }));
  }

  /** A program sends it in place of an access token, and acts as you. It may not touch your account or its credentials,
   * and counts as `user` if you are an admin or an auditor. A user has at most 25 keys.
   *
   * For callers with factors, it needs a proof with two factors in the last ten minutes. */
  createKey(fields: types.NewKey, options: Options = {}): Promise<types.CreatedKey> {
    return this.call("use", options, (init) =>
      this.http.POST("/user/keys", { ...init, body: fields }));
  }

  /** The username is random if none is given. A person without a password cannot log in.
   *
   * For callers with factors, it needs a proof with two factors. */
  createPerson(fields: types.NewPerson, options: Options & { idempotencyKey?: string | undefined } = {}): Promise<types.User> {
    return this.call("use", options, (init) =>
      this.http.POST("/api/users", { ...init, body: fields, params: { header: { "Idempotency-Key": options.idempotencyKey } } }));
  }

  /** The service trades its id and its secret for access tokens at `POST /auth/token`, with the grant
   * `client_credentials`.
   *
   * For callers with factors, it needs a proof with two factors in the last ten minutes. */
  createService(fields: types.NewServiceAccount, options: Options = {}): Promise<types.CreatedServiceAccount> {
    return this.call("use", options, (init) =>
      this.http.POST("/services", { ...init, body: fields }));
  }

  /** Make a task. */
  createTask(fields: types.NewTask, options: Options & { idempotencyKey?: string | undefined } = {}): Promise<types.Task> {
    return this.call("use", options, (init) =>
      this.http.POST("/tasks", { ...init, body: fields, params: { header: { "Idempotency-Key": options.idempotencyKey } } }));
  }

  /** The secret that signs its deliveries is shown this once.
   *
   * For callers with factors, it needs a proof with two factors. */
  createWebhook(fields: types.NewWebhook, options: Options = {}): Promise<types.WebhookSecret> {
    return this.call("use", options, (init) =>
      this.http.POST("/webhooks", { ...init, body: fields }));
  }

  /** Remove a dataset of yours with its rows and its file. Admins remove any dataset.
   *
   * Admins with factors need a proof with two factors for what belongs to others. */
  deleteDataset(id: string, options: Options & { ifMatch?: string | undefined } = {}): Promise<undefined> {
    return this.call("use", options, (init) =>
      this.http.DELETE("/datasets/{id}", { ...init, params: { path: { id }, header: { "If-Match": options.ifMatch } } }));
  }

  /** Remove a dog of your own or, as an admin, any dog.
   *
   * Admins with factors need a proof with two factors for what belongs to others. */
  deleteDog(name: string, options: Options & { ifMatch?: string | undefined } = {}): Promise<undefined> {
    return this.call("use", options, (init) =>
      this.http.DELETE("/api/dogs/{name}", { ...init, params: { path: { name }, header: { "If-Match": options.ifMatch } } }));
  }

  /** Remove a file of yours, and cancel the job that sends it on. Admins remove any file.
   *
   * Admins with factors need a proof with two factors for what belongs to others. */
  deleteFile(id: string, options: Options & { ifMatch?: string | undefined } = {}): Promise<undefined> {
    return this.call("use", options, (init) =>
      this.http.DELETE("/api/files/{id}", { ...init, params: { path: { id }, header: { "If-Match": options.ifMatch } } }));
  }

  /** Nobody can accept it any more.
   *
   * For callers with factors, it needs a proof with two factors. */
  deleteInvitation(id: string, options: Options & { ifMatch?: string | undefined } = {}): Promise<undefined> {
    return this.call("use", options, (init) =>
      this.http.DELETE("/invitations/{id}", { ...init, params: { path: { id }, header: { "If-Match": options.ifMatch } } }));
  }

  /** Remove the account of a service, and everything that belongs to it. Its tokens are refused at once.
   *
   * For callers with factors, it needs a proof with two factors. */
  deleteService(id: string, options: Options & { ifMatch?: string | undefined } = {}): Promise<undefined> {
    return this.call("use", options, (init) =>
      this.http.DELETE("/services/{id}", { ...init, params: { path: { id }, header: { "If-Match": options.ifMatch } } }));
  }

  /** Remove one of your tasks. */
  deleteTask(id: string, options: Options & { ifMatch?: string | undefined } = {}): Promise<undefined> {
    return this.call("use", options, (init) =>
      this.http.DELETE("/tasks/{id}", { ...init, params: { path: { id }, header: { "If-Match": options.ifMatch } } }));
  }

  /** Its sessions end at once, and its username and e-mail address are free for others.
   *
   * For callers with factors, it needs a proof with two factors in the last ten minutes. */
  deleteUser(options: Options & { ifMatch?: string | undefined } = {}): Promise<undefined> {
    return this.call("end", options, (init) =>
      this.http.DELETE("/user", { ...init, params: { header: { "If-Match": options.ifMatch } } }));
  }

  /** The last admin cannot be deleted.
   *
   * For callers with factors, it needs a proof with two factors in the last ten minutes.
   *
   * Admins with factors need a proof with two factors for what belongs to others. */
  deleteUserById(id: string, options: Options & { ifMatch?: string | undefined } = {}): Promise<undefined> {
    return this.call("use", options, (init) =>
      this.http.DELETE("/users/{id}", { ...init, params: { path: { id }, header: { "If-Match": options.ifMatch } } }));
  }

  /** With `Range`, the answer is a part of it. */
  downloadDataset(id: string, options: Options = {}): Promise<Response> {
    return this.download("use", options, (init) =>
      this.http.GET("/datasets/{id}/file", { ...init, params: { path: { id } }, parseAs: "stream" }));
  }

  /** With `Range`, the answer is a part of it. */
  downloadFile(id: string, options: Options = {}): Promise<Response> {
    return this.download("use", options, (init) =>
      this.http.GET("/api/files/{id}/content", { ...init, params: { path: { id } }, parseAs: "stream" }));
  }

  /** End one of your sessions. */
  endSession(id: string, options: Options = {}): Promise<undefined> {
    return this.call("use", options, (init) =>
      this.http.DELETE("/auth/sessions/{id}", { ...init, params: { path: { id } } }));
  }

  /** Firebase is asked whether the account still exists, is enabled, and has not revoked the token. An anonymous account
   * is a guest, and gets no refresh token. A newcomer may come with an invitation to the address that Firebase has
   * verified. */
  exchangeToken(fields: types.FirebaseToken, options: Options = {}): Promise<types.Tokens | types.AccessToken> {
    return this.call("none", options, (init) =>
      this.http.POST("/auth/firebase", { ...init, body: fields }));
  }

  /** Your profile, sessions, tasks, dogs and jobs are complete. Of files and datasets you get what is known about them;
   * their contents and rows are at their own routes. Also included are the answers that are kept for requests with an
   * idempotency key, and what happened to your account. Passwords and tokens, of which only hashes are stored, are left
   * out, and so are mails on their way, which are kept for a day at most. */
  exportUser(options: Options = {}): Promise<types.Export> {
    return this.call("use", options, (init) =>
      this.http.GET("/user/export", { ...init }));
  }

  /** See a dataset of yours. Admins see the datasets of all users. */
  getDataset(id: string, options: Options = {}): Promise<types.Dataset> {
    return this.call("use", options, (init) =>
      this.http.GET("/datasets/{id}", { ...init, params: { path: { id } } }));
  }

  /** See a dog. The case of its name does not matter. */
  getDog(name: string, options: Options = {}): Promise<types.Dog> {
    return this.call("none", options, (init) =>
      this.http.GET("/api/dogs/{name}", { ...init, params: { path: { name } } }));
  }

  /** See a file of yours. Admins see the files of all users. */
  getFile(id: string, options: Options = {}): Promise<types.File> {
    return this.call("use", options, (init) =>
      this.http.GET("/api/files/{id}", { ...init, params: { path: { id } } }));
  }

  /** See an invitation, without its link. */
  getInvitation(id: string, options: Options = {}): Promise<types.Invitation> {
    return this.call("use", options, (init) =>
      this.http.GET("/invitations/{id}", { ...init, params: { path: { id } } }));
  }

  /** See a job of yours. Admins and auditors see the jobs of all users. */
  getJob(id: string, options: Options = {}): Promise<types.Job> {
    return this.call("use", options, (init) =>
      this.http.GET("/jobs/{id}", { ...init, params: { path: { id } } }));
  }

  /** The challenge in them can be signed for ten minutes, and works once. */
  getMfaOptions(fields: types.Ticket, options: Options = {}): Promise<types.PasskeyOptions> {
    return this.call("none", options, (init) =>
      this.http.POST("/auth/mfa/options", { ...init, body: fields }));
  }

  /** They name no user: the browser offers the passkeys that it has for this service, also in the autofill of a field
   * (`mediation: "conditional"`). The challenge in them can be signed for ten minutes, and works once. */
  getPasskeyOptions(options: Options = {}): Promise<types.PasskeyOptions> {
    return this.call("none", options, (init) =>
      this.http.POST("/auth/passkey/options", { ...init }));
  }

  /** See the account of a service, without its secret. */
  getService(id: string, options: Options = {}): Promise<types.ServiceAccount> {
    return this.call("use", options, (init) =>
      this.http.GET("/services/{id}", { ...init, params: { path: { id } } }));
  }

  /** The challenge in them can be signed for ten minutes, and works once. */
  getStepUpOptions(options: Options = {}): Promise<types.PasskeyOptions> {
    return this.call("use", options, (init) =>
      this.http.POST("/auth/step-up/options", { ...init }));
  }

  /** See one of your tasks. */
  getTask(id: string, options: Options = {}): Promise<types.Task> {
    return this.call("use", options, (init) =>
      this.http.GET("/tasks/{id}", { ...init, params: { path: { id } } }));
  }

  /** See your own account. */
  getUser(options: Options = {}): Promise<types.User> {
    return this.call("use", options, (init) =>
      this.http.GET("/user", { ...init }));
  }

  /** Admins, auditors and the user itself see every property, others see only `id` and `username`. */
  getUserById(id: string, options: Options = {}): Promise<types.PublicUser> {
    return this.call("use", options, (init) =>
      this.http.GET("/users/{id}", { ...init, params: { path: { id } } }));
  }

  /** See a webhook. */
  getWebhook(id: string, options: Options = {}): Promise<types.Webhook> {
    return this.call("use", options, (init) =>
      this.http.GET("/webhooks/{id}", { ...init, params: { path: { id } } }));
  }

  /** Firebase asks for no second factor then, so that a user who has one, here or at Firebase, must have used two. Its
   * ID tokens are this session: they work here until it ends. */
  issueCustomToken(options: Options = {}): Promise<types.CustomToken> {
    return this.call("use", options, (init) =>
      this.http.POST("/auth/firebase/token", { ...init }));
  }

  /** List the adopted dogs, ordered by name. */
  listAdoptedDogs(options: Options & { pageSize?: number | undefined } = {}): AsyncIterable<types.Dog> {
    return this.pages("none", options, (init, cursor) =>
      this.http.GET("/api/dogs/is_adopted", { ...init, params: { query: { "limit": options.pageSize, cursor } } }));
  }

  /** List your datasets, the newest first. Admins see the datasets of all users. */
  listDatasets(options: Options & { pageSize?: number | undefined } = {}): AsyncIterable<types.Dataset> {
    return this.pages("use", options, (init, cursor) =>
      this.http.GET("/datasets", { ...init, params: { query: { "limit": options.pageSize, cursor } } }));
  }

  /** List the deliveries to a webhook, the newest first. */
  listDeliveries(id: string, options: Options & { pageSize?: number | undefined } = {}): AsyncIterable<types.Delivery> {
    return this.pages("use", options, (init, cursor) =>
      this.http.GET("/webhooks/{id}/deliveries", { ...init, params: { path: { id }, query: { "limit": options.pageSize, cursor } } }));
  }

  /** List all dogs, ordered by name. */
  listDogs(options: Options & { pageSize?: number | undefined } = {}): AsyncIterable<types.Dog> {
    return this.pages("none", options, (init, cursor) =>
      this.http.GET("/api/dogs", { ...init, params: { query: { "limit": options.pageSize, cursor } } }));
  }

  /** List the dogs of a user, ordered by name. */
  listDogsOfUser(id: string, options: Options & { pageSize?: number | undefined } = {}): AsyncIterable<types.Dog> {
    return this.pages("use", options, (init, cursor) =>
      this.http.GET("/users/{id}/dogs", { ...init, params: { path: { id }, query: { "limit": options.pageSize, cursor } } }));
  }

  /** List what happened to all accounts, or to one of them, the newest first. */
  listEvents(options: Options & { pageSize?: number | undefined; userId?: string | undefined; type?: types.EventType | undefined; from?: string | undefined; until?: string | undefined } = {}): AsyncIterable<types.Event> {
    return this.pages("use", options, (init, cursor) =>
      this.http.GET("/events", { ...init, params: { query: { "limit": options.pageSize, "user_id": options.userId, "type": options.type, "from": options.from, "until": options.until, cursor } } }));
  }

  /** List your second factors, the newest first. */
  listFactors(options: Options & { pageSize?: number | undefined } = {}): AsyncIterable<types.Factor> {
    return this.pages("use", options, (init, cursor) =>
      this.http.GET("/user/factors", { ...init, params: { query: { "limit": options.pageSize, cursor } } }));
  }

  /** List the second factors of a user, the newest first. */
  listFactorsOfUser(id: string, options: Options & { pageSize?: number | undefined } = {}): AsyncIterable<types.Factor> {
    return this.pages("use", options, (init, cursor) =>
      this.http.GET("/users/{id}/factors", { ...init, params: { path: { id }, query: { "limit": options.pageSize, cursor } } }));
  }

  /** List your files, the newest first. Admins see the files of all users. */
  listFiles(options: Options & { pageSize?: number | undefined } = {}): AsyncIterable<types.File> {
    return this.pages("use", options, (init, cursor) =>
      this.http.GET("/api/files", { ...init, params: { query: { "limit": options.pageSize, cursor } } }));
  }

  /** An event of another person, such as an admin, is shown without the id, the address and the device of that person. */
  listHistory(options: Options & { pageSize?: number | undefined } = {}): AsyncIterable<types.History> {
    return this.pages("use", options, (init, cursor) =>
      this.http.GET("/user/events", { ...init, params: { query: { "limit": options.pageSize, cursor } } }));
  }

  /** A page with a `status` may have fewer items than asked for: follow its `Link`. */
  listInvitations(options: Options & { pageSize?: number | undefined; status?: types.InvitationStatus | undefined } = {}): AsyncIterable<types.Invitation> {
    return this.pages("use", options, (init, cursor) =>
      this.http.GET("/invitations", { ...init, params: { query: { "limit": options.pageSize, "status": options.status, cursor } } }));
  }

  /** List your keys, the newest first. */
  listKeys(options: Options & { pageSize?: number | undefined } = {}): AsyncIterable<types.Key> {
    return this.pages("use", options, (init, cursor) =>
      this.http.GET("/user/keys", { ...init, params: { query: { "limit": options.pageSize, cursor } } }));
  }

  /** A page of long rows may hold fewer rows than were asked for. */
  listRows(id: string, options: Options & { pageSize?: number | undefined; valid?: boolean | undefined } = {}): AsyncIterable<types.Row> {
    return this.pages("use", options, (init, cursor) =>
      this.http.GET("/datasets/{id}/rows", { ...init, params: { path: { id }, query: { "limit": options.pageSize, "valid": options.valid, cursor } } }));
  }

  /** List the accounts of services, the newest first. */
  listServices(options: Options & { pageSize?: number | undefined } = {}): AsyncIterable<types.ServiceAccount> {
    return this.pages("use", options, (init, cursor) =>
      this.http.GET("/services", { ...init, params: { query: { "limit": options.pageSize, cursor } } }));
  }

  /** List your sessions that have not ended, the newest first. */
  listSessions(options: Options & { pageSize?: number | undefined } = {}): AsyncIterable<types.Session> {
    return this.pages("use", options, (init, cursor) =>
      this.http.GET("/auth/sessions", { ...init, params: { query: { "limit": options.pageSize, cursor } } }));
  }

  /** List your tasks, the newest first: all tasks, only completed tasks, or only open tasks. */
  listTasks(options: Options & { pageSize?: number | undefined; completed?: boolean | undefined } = {}): AsyncIterable<types.Task> {
    return this.pages("use", options, (init, cursor) =>
      this.http.GET("/tasks", { ...init, params: { query: { "limit": options.pageSize, "completed": options.completed, cursor } } }));
  }

  /** Everyone sees `id` and `username`. Admins and auditors see whole users, and may filter by the beginning of the
   * username, the e-mail address and the role. */
  listUsers(options: Options & { pageSize?: number | undefined; q?: string | undefined; email?: string | undefined; role?: types.Role | undefined } = {}): AsyncIterable<types.PublicUser> {
    return this.pages("use", options, (init, cursor) =>
      this.http.GET("/users", { ...init, params: { query: { "limit": options.pageSize, "q": options.q, "email": options.email, "role": options.role, cursor } } }));
  }

  /** List the webhooks, the newest first. */
  listWebhooks(options: Options & { pageSize?: number | undefined } = {}): AsyncIterable<types.Webhook> {
    return this.pages("use", options, (init, cursor) =>
      this.http.GET("/webhooks", { ...init, params: { query: { "limit": options.pageSize, cursor } } }));
  }

  /** A wrong password, an unknown user and a disabled account get the same answer, in the same time. */
  logIn(fields: types.Credentials, options: Options = {}): Promise<types.Tokens> {
    return this.call("none", options, (init) =>
      this.http.POST("/login", { ...init, body: fields }));
  }

  /** Every reason for a refusal gets the same answer, and an unknown passkey takes as long as a known one. */
  logInWithPasskey(fields: types.PasskeyLogin, options: Options = {}): Promise<types.Tokens> {
    return this.call("none", options, (init) =>
      this.http.POST("/auth/passkey", { ...init, body: fields }));
  }

  /** Log out: the session of the token ends. */
  logOut(options: Options = {}): Promise<undefined> {
    return this.call("end", options, (init) =>
      this.http.POST("/auth/logout", { ...init }));
  }

  /** Earlier tokens of the identity provider are refused as well. */
  logOutEverywhere(options: Options = {}): Promise<undefined> {
    return this.call("end", options, (init) =>
      this.http.POST("/auth/logout-all", { ...init }));
  }

  /** `mfa_token` is a member of the problem `mfa-required`, which answers the first step of a login if the user has
   * second factors. The token works once, for ten minutes, and becomes void with every change of the password or the
   * factors. */
  mfa(fields: types.SecondStep, options: Options = {}): Promise<types.Tokens> {
    return this.call("none", options, (init) =>
      this.http.POST("/auth/mfa", { ...init, body: fields }));
  }

  /** Send a ping to a webhook, in the background.
   *
   * For callers with factors, it needs a proof with two factors. */
  pingWebhook(id: string, options: Options = {}): Promise<types.Delivery> {
    return this.call("use", options, (init) =>
      this.http.POST("/webhooks/{id}/ping", { ...init, params: { path: { id } } }));
  }

  /** The username and the e-mail address are unique, ignoring case and Unicode form. Of simultaneous requests for the
   * same name exactly one wins, and the others are told which field is taken. A guest who registers with its token keeps
   * its id and its data, and its guest sessions end. An invitation gives the address and the role. */
  register(fields: types.Registration, options: Options = {}): Promise<types.User> {
    return this.call("use", options, (init) =>
      this.http.POST("/register", { ...init, body: fields }));
  }

  /** Remove one of your factors. The recovery codes end with the last other factor.
   *
   * For callers with factors, it needs a proof with two factors in the last ten minutes. */
  removeFactor(id: string, options: Options = {}): Promise<undefined> {
    return this.call("use", options, (init) =>
      this.http.DELETE("/user/factors/{id}", { ...init, params: { path: { id } } }));
  }

  /** Remove one of your keys. It is refused from the next request on. */
  removeKey(id: string, options: Options = {}): Promise<undefined> {
    return this.call("use", options, (init) =>
      this.http.DELETE("/user/keys/{id}", { ...init, params: { path: { id } } }));
  }

  /** Remove a webhook and its deliveries.
   *
   * For callers with factors, it needs a proof with two factors. */
  removeWebhook(id: string, options: Options & { ifMatch?: string | undefined } = {}): Promise<undefined> {
    return this.call("use", options, (init) =>
      this.http.DELETE("/webhooks/{id}", { ...init, params: { path: { id }, header: { "If-Match": options.ifMatch } } }));
  }

  /** Give one of your factors another name. */
  renameFactor(id: string, fields: types.FactorChange = {}, options: Options = {}): Promise<types.Factor> {
    return this.call("use", options, (init) =>
      this.http.PUT("/user/factors/{id}", { ...init, body: fields, params: { path: { id } } }));
  }

  /** Make new recovery codes. The old ones work no more.
   *
   * For callers with factors, it needs a proof with two factors in the last ten minutes. */
  renewRecoveryCodes(options: Options = {}): Promise<types.RecoveryCodes> {
    return this.call("use", options, (init) =>
      this.http.POST("/user/factors/recovery-codes", { ...init }));
  }

  /** Up to 25 replaced secrets work at the same time. While they do, the answer to another request is 429.
   *
   * For callers with factors, it needs a proof with two factors in the last ten minutes. */
  renewServiceSecret(id: string, options: Options = {}): Promise<types.Secret> {
    return this.call("use", options, (init) =>
      this.http.POST("/services/{id}/secret", { ...init, params: { path: { id } } }));
  }

  /** The new one does not outlive the session. */
  renewToken(options: Options = {}): Promise<types.AccessToken> {
    return this.call("use", options, (init) =>
      this.http.POST("/auth/renew", { ...init }));
  }

  /** The answer is the same for every address. It is also the same above a limit, where no mail is sent. Each network has
   * limits of its own, so that no stranger uses up the mails of the owner. */
  requestLogin(fields: types.MailAddress, options: Options = {}): Promise<types.MailRequested> {
    return this.call("none", options, (init) =>
      this.http.POST("/auth/email/login", { ...init, body: fields }));
  }

  /** The answer is the same for every address. It is also the same above a limit, where no mail is sent. Each network has
   * limits of its own, so that no stranger uses up the mails of the owner. */
  requestPasswordReset(fields: types.MailAddress, options: Options = {}): Promise<types.MailRequested> {
    return this.call("none", options, (init) =>
      this.http.POST("/auth/password/forgot", { ...init, body: fields }));
  }

  /** The sessions of the user end, and the user is told by mail. Make sure that it is the user who asks for it.
   *
   * For callers with factors, it needs a proof with two factors in the last ten minutes. */
  resetFactors(id: string, options: Options = {}): Promise<undefined> {
    return this.call("use", options, (init) =>
      this.http.DELETE("/users/{id}/factors", { ...init, params: { path: { id } } }));
  }

  /** All sessions end, and the address is proved. The factors of the account stay, unless the address was not proved
   * before: a stranger may have added them then. */
  resetPassword(fields: types.NewPassword, options: Options = {}): Promise<undefined> {
    return this.call("none", options, (init) =>
      this.http.POST("/auth/password/reset", { ...init, body: fields }));
  }

  /** Make a delivery again, in the background, whatever its state.
   *
   * For callers with factors, it needs a proof with two factors. */
  retryDelivery(id: string, delivery_id: string, options: Options = {}): Promise<types.Delivery> {
    return this.call("use", options, (init) =>
      this.http.POST("/webhooks/{id}/deliveries/{delivery_id}/retry", { ...init, params: { path: { id, delivery_id } } }));
  }

  /** The old secret signs deliveries too for 24 hours, even if the new one is replaced meanwhile. Up to 25 replaced
   * secrets sign at the same time. While they do, the answer to another request is 429.
   *
   * For callers with factors, it needs a proof with two factors. */
  rotateWebhookSecret(id: string, options: Options = {}): Promise<types.WebhookSecret> {
    return this.call("use", options, (init) =>
      this.http.POST("/webhooks/{id}/secret", { ...init, params: { path: { id } } }));
  }

  /** The answer has the user's properties and the tokens together. */
  signUp(fields: types.Registration, options: Options = {}): Promise<types.NewUserWithTokens> {
    return this.call("use", options, (init) =>
      this.http.POST("/api/v1/auth/signup", { ...init, body: fields }));
  }

  /** The first factor of a user needs a login of the last ten minutes and, if the service sends mails, a proved address.
   *
   * For callers with factors, it needs a proof with two factors in the last ten minutes. */
  startApp(options: Options = {}): Promise<types.AppSetup> {
    return this.call("use", options, (init) =>
      this.http.POST("/user/factors/totp", { ...init }));
  }

  /** Get the options for `navigator.credentials.create`, to add a passkey.
   *
   * For callers with factors, it needs a proof with two factors in the last ten minutes. */
  startPasskey(options: Options = {}): Promise<types.PasskeyOptions> {
    return this.call("use", options, (init) =>
      this.http.POST("/user/factors/passkey/options", { ...init }));
  }

  /** Routes that answer `insufficient-user-authentication` take the new token. The proof is stored in the session, so
   * that tokens from a refresh say it too. Each code, recovery code and challenge works once. Wrong passwords count as
   * failed logins. */
  stepUp(fields: types.StepUpBody = {}, options: Options = {}): Promise<types.AccessToken> {
    return this.call("use", options, (init) =>
      this.http.POST("/auth/step-up", { ...init, body: fields }));
  }

  /** The answer also suggests a stricter schema. */
  summariseDataset(id: string, options: Options = {}): Promise<types.Summary> {
    return this.call("use", options, (init) =>
      this.http.POST("/datasets/{id}/summary", { ...init, params: { path: { id } } }));
  }

  /** A field that is not given keeps its value.
   *
   * Admins with factors need a proof with two factors for what belongs to others. */
  updateDog(name: string, fields: types.DogChange = {}, options: Options & { ifMatch?: string | undefined } = {}): Promise<types.Dog> {
    return this.call("use", options, (init) =>
      this.http.PUT("/api/dogs/{name}", { ...init, body: fields, params: { path: { name }, header: { "If-Match": options.ifMatch } } }));
  }

  /** The current password is required. If the account at Firebase has none, a sign-in there in the last ten minutes
   * stands for it. ID tokens from before the change are refused, because Firebase revokes them.
   *
   * For callers with factors, it needs a proof with two factors. */
  updatePassword(fields: types.PasswordChange, options: Options = {}): Promise<undefined> {
    return this.call("use", options, (init) =>
      this.http.PUT("/user/password", { ...init, body: fields }));
  }

  /** A field that is not given keeps its value. */
  updateTask(id: string, fields: types.TaskChange = {}, options: Options & { ifMatch?: string | undefined } = {}): Promise<types.Task> {
    return this.call("use", options, (init) =>
      this.http.PUT("/tasks/{id}", { ...init, body: fields, params: { path: { id }, header: { "If-Match": options.ifMatch } } }));
  }

  /** Fields that are not given keep their values. A changed address is no longer verified. With `If-Match` the change is
   * refused if the account has changed since it was read. A changed address needs `current_password`, or a login of the
   * last ten minutes. A `current_password` that is given must be right.
   *
   * For callers with factors, a new `email` needs a proof with two factors in the last ten minutes. */
  updateUser(fields: types.AccountChange = {}, options: Options & { ifMatch?: string | undefined } = {}): Promise<types.User> {
    return this.call("use", options, (init) =>
      this.http.PUT("/user", { ...init, body: fields, params: { header: { "If-Match": options.ifMatch } } }));
  }

  /** Only admins set `role`, `disabled` and `claims`, with immediate effect. The last admin cannot be demoted or
   * disabled.
   *
   * For callers with factors, a new `email` needs a proof with two factors in the last ten minutes.
   *
   * Admins with factors need a proof with two factors for what belongs to others. */
  updateUserById(id: string, fields: types.UserChange = {}, options: Options & { ifMatch?: string | undefined } = {}): Promise<types.User> {
    return this.call("use", options, (init) =>
      this.http.PUT("/users/{id}", { ...init, body: fields, params: { path: { id }, header: { "If-Match": options.ifMatch } } }));
  }

  /** A field that is not given keeps its value. A webhook that is enabled again starts without failures.
   *
   * For callers with factors, it needs a proof with two factors. */
  updateWebhook(id: string, fields: types.WebhookBody = {}, options: Options & { ifMatch?: string | undefined } = {}): Promise<types.Webhook> {
    return this.call("use", options, (init) =>
      this.http.PUT("/webhooks/{id}", { ...init, body: fields, params: { path: { id }, header: { "If-Match": options.ifMatch } } }));
  }

  /** If the address was not proved before, a stranger may have registered it: the password, the factors and all sessions
   * end, unless the caller is the user of the account. The token then sets a new password, if there was one. */
  verifyAddress(fields: types.TokenOrNothing = {}, options: Options = {}): Promise<types.MailRequested | undefined> {
    return this.call("use", options, (init) =>
      this.http.POST("/auth/email/verify", { ...init, body: fields }));
  }

}
