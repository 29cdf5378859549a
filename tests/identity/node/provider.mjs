// Runs the certified npm oidc-provider with one client: provider.mjs PORT CLIENT_ID CLIENT_SECRET REDIRECT_URI
// What one types is one's subject; names and groups are told by the user info, as the specification has it.
import Provider from "oidc-provider";

const [port, clientId, clientSecret, redirectUri] = process.argv.slice(2);
const provider = new Provider(`http://127.0.0.1:${port}`, {
  clients: [{ client_id: clientId, client_secret: clientSecret, redirect_uris: [redirectUri], post_logout_redirect_uris: [new URL("/sign-in", redirectUri).href] }],
  claims: { openid: ["sub"], profile: ["name", "preferred_username"], groups: ["groups"] },
  findAccount: (_, id) => ({
    accountId: id,
    claims: () => ({ sub: id, name: `Name of ${id}`, preferred_username: `name-${id}`, groups: ["gpu-users"] }),
  }),
  cookies: { keys: ["only for tests"] },
});
provider.listen(Number(port), "127.0.0.1", () => console.log("listening"));
