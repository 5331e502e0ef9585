// Gets access tokens with the secret of a service account, as two OAuth2 client libraries do. Prints their subjects.
// Arguments: the issuer, the id and the secret of the service account.
import * as oauth from "oauth4webapi";
import * as openid from "openid-client";

const [issuer, id, secret] = process.argv.slice(2);
const http = { [oauth.allowInsecureRequests]: true };
const tokens = [];

const answer = await oauth.discoveryRequest(new URL(issuer), { ...http, algorithm: "oauth2" });
const server = await oauth.processDiscoveryResponse(new URL(issuer), answer);
const client = { client_id: id };
for (const way of [oauth.ClientSecretBasic(secret), oauth.ClientSecretPost(secret)]) {
  const granted = await oauth.clientCredentialsGrantRequest(server, client, way, {}, http);
  tokens.push((await oauth.processClientCredentialsResponse(server, client, granted)).access_token);
}
const configuration = await openid.discovery(new URL(issuer), id, secret, undefined, {
  execute: [openid.allowInsecureRequests],
});
tokens.push((await openid.clientCredentialsGrant(configuration)).access_token);

const users = tokens.map((token) => fetch(`${issuer}/user`, { headers: { authorization: `Bearer ${token}` } }));
console.log(JSON.stringify(await Promise.all(users.map(async (user) => (await (await user).json()).id))));
