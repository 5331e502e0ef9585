import type { PasskeyLogin, PasskeyOptions } from "./schema.js";

/** How a browser asks for a passkey. */
export interface AskOptions {
  /** "conditional" offers the passkeys in the autofill of a field with `autocomplete="username webauthn"`. */
  mediation?: CredentialMediationRequirement;
  signal?: AbortSignal;
}

/** Let the user sign a challenge with a passkey, and return the answer for `logInWithPasskey`, `stepUp` or `mfa`. */
export async function signWithPasskey(options: PasskeyOptions, ask: AskOptions = {}): Promise<PasskeyLogin> {
  const publicKey = PublicKeyCredential.parseRequestOptionsFromJSON(
    options.publicKey as unknown as PublicKeyCredentialRequestOptionsJSON);
  const credential = await navigator.credentials.get({ publicKey, ...ask });
  if (!(credential instanceof PublicKeyCredential)) throw new DOMException("No passkey was chosen.", "NotAllowedError");
  return { passkey: credential.toJSON() as unknown as PasskeyLogin["passkey"] };
}
