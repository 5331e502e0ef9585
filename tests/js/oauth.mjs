// Uses the service as three OAuth2 client libraries do. Prints one JSON object with the results of each library.
// Arguments: the issuer, the username, the password, the name and the secret of a service.
import * as jose from "jose";
import * as oauth from "oauth4webapi";
import * as openid from "openid-client";

const [issuer, username, password, name, secret] = process.argv.slice(2);
const http = { [oauth.allowInsecureRequests]: true };
const found = {};

// oauth4webapi checks every answer against the RFCs.
for (const algorithm of ["oauth2", "oidc"]) {
  const answer = await oauth.discoveryRequest(new URL(issuer), { ...http, algorithm });
  found[algorithm] = await oauth.processDiscoveryResponse(new URL(issuer), answer);
}
const server = found.oauth2;
const client = { client_id: "spa" };
const service = { client_id: name };
const grant = async (fields) =>
  oauth.processGenericTokenEndpointResponse(
    server,
    client,
    await oauth.genericTokenEndpointRequest(server, client, oauth.None(), "password", new URLSearchParams(fields), http),
  );
const tokens = await grant({ username, password });
const refreshed = await oauth.processRefreshTokenResponse(
  server,
  client,
  await oauth.refreshTokenGrantRequest(server, client, oauth.None(), tokens.refresh_token, http),
);
try {
  await grant({ username, password: "wrong" });
} catch (error) {
  found.refusal = { error: error.error, text: error.error_description, status: error.status };
}
const request = new Request(`${issuer}/user`, { headers: { authorization: `Bearer ${refreshed.access_token}` } });
found.claims = await oauth.validateJwtAccessToken(server, request, "portero", http);
for (const [way, authentication] of [["basic", oauth.ClientSecretBasic(secret)], ["post", oauth.ClientSecretPost(secret)]]) {
  const answer = await oauth.introspectionRequest(server, service, authentication, refreshed.access_token, http);
  found[way] = await oauth.processIntrospectionResponse(server, service, answer);
}
const revoked = await oauth.revocationRequest(server, client, oauth.None(), refreshed.refresh_token, http);
await oauth.processRevocationResponse(revoked);
const again = await oauth.introspectionRequest(server, service, oauth.ClientSecretBasic(secret), refreshed.access_token, http);
found.afterwards = await oauth.processIntrospectionResponse(server, service, again);

// openid-client
const configuration = await openid.discovery(new URL(issuer), "spa", undefined, openid.None(), {
  execute: [openid.allowInsecureRequests],
});
const second = await openid.genericGrantRequest(configuration, "password", { username, password });
found.expires = (await openid.refreshTokenGrant(configuration, second.refresh_token)).expires_in;
await openid.tokenRevocation(configuration, second.access_token);

// jose
const keys = jose.createRemoteJWKSet(new URL(server.jwks_uri));
const options = { issuer, audience: "portero", typ: "at+jwt", requiredClaims: ["client_id", "jti", "sub"] };
found.subject = (await jose.jwtVerify(second.access_token, keys, options)).payload.sub;

console.log(JSON.stringify(found));
