/** What the log's actions are called among people. An action without words here is shown as it is. */
import { ROLE_WORDS } from "../users/roles";


/** What was done, and what was tried: "created pool research", "tried to create pool research". */
const ACTIONS: Record<string, readonly [did: string, tried: string]> = {
  "cluster.install": ["installed", "install"],
  "pool.create": ["created", "create"],
  "pool.edit": ["edited", "edit"],
  "pool.move_devices": ["moved devices of", "move devices into"],
  "pool.delete": ["deleted", "delete"],
  "device.cordon": ["took out of service", "take out of service"],
  "device.uncordon": ["put back into service", "put back into service"],
  "node.cordon": ["took out of service", "take out of service"],
  "node.uncordon": ["put back into service", "put back into service"],
  "group.create": ["created", "create"],
  "group.edit": ["edited", "edit"],
  "group.delete": ["deleted", "delete"],
  "user.on_board": ["on-boarded", "on-board"],
  "user.edit": ["edited", "edit"],
  "user.delete": ["deleted", "delete"],
  "user.reset_password": ["reset the password of", "reset the password of"],
  "webhook.create": ["created", "create"],
  "webhook.edit": ["edited", "edit"],
  "webhook.delete": ["deleted", "delete"],
  "webhook.test": ["tested", "test"],
  "webhook.disable": ["switched off", "switch off"],
  "licence.replace": ["entered", "enter"],
  "target.try": ["tried", "try"],
  "target.create": ["created", "create"],
  "target.edit": ["edited", "edit"],
  "target.check": ["checked", "check"],
  "target.make_default": ["changed the default, and so", "change the default, and so"],
  "target.delete": ["deleted", "delete"],
  "feature_store.set_target": ["chose another target for the", "choose another target for the"],
  "feature_store.use": ["was the first to use the", "use the"],
  "feature_store.unlock": ["unlocked the", "unlock the"],
  "token.create": ["created", "create"],
  "token.allow": ["answered a terminal that asked for a", "answer a terminal that asked for a"],
  "token.revoke": ["revoked", "revoke"],
  "session.end": ["ended sessions of", "end sessions of"],
  "session.end_all": ["signed out everywhere", "sign out everywhere"],
  "user.sign_in": ["signed in as", "sign in as"],
  "user.sign_out": ["signed out", "sign out"],
};

/** Actions that touch something of another kind too: what they did to it. */
const BESIDES: Record<string, string> = {
  "user.on_board group": "on-boarded users into",
  "pool.create group": "gave a new pool to",
};

export const ACTION_WORDS: Record<string, string> = {
  "cluster.install": "install",
  "pool.create": "create pool",
  "pool.edit": "edit pool",
  "pool.move_devices": "move devices",
  "pool.delete": "delete pool",
  "device.cordon": "take device out of service",
  "device.uncordon": "put device back into service",
  "node.cordon": "take node out of service",
  "node.uncordon": "put node back into service",
  "group.create": "create group",
  "group.edit": "edit group",
  "group.delete": "delete group",
  "user.on_board": "on-board user",
  "user.edit": "edit user",
  "user.delete": "delete user",
  "user.reset_password": "reset password",
  "webhook.create": "create webhook",
  "webhook.edit": "edit webhook",
  "webhook.delete": "delete webhook",
  "webhook.test": "test webhook",
  "webhook.disable": "switch webhook off",
  "licence.replace": "enter licence",
  "target.try": "try target",
  "target.create": "create target",
  "target.edit": "edit target",
  "target.check": "check target",
  "target.make_default": "change the default target",
  "target.delete": "delete target",
  "feature_store.set_target": "choose the Feature Store's target",
  "feature_store.use": "use the Feature Store",
  "feature_store.unlock": "unlock the Feature Store",
  "token.create": "create token",
  "token.allow": "answer a terminal",
  "token.revoke": "revoke token",
  "session.end": "end sessions",
  "session.end_all": "sign out everywhere",
  "user.sign_in": "sign in",
  "user.sign_out": "sign out",
};

export const KINDS = ["pool", "group", "user", "device", "node", "webhook", "target", "feature_store", "token", "licence", "cluster"] as const;

/** "created pool", before the object's name. */
export function didWhat(action: string, objectKind: string, isRefused: boolean): string {
  const beside = BESIDES[`${action} ${objectKind}`];
  if (beside !== undefined && !isRefused) return `${beside} ${objectKind}`;
  const words = ACTIONS[action];
  if (words === undefined) return `${action} ${objectKind}`;
  const did = isRefused ? `tried to ${words[1]}` : words[0];
  return objectKind === "feature_store" ? did : `${did} ${objectKind}`; // there is one, which is called so
}

const PROPERTIES: Record<string, string> = { display_name: "display name", added: "added", removed: "removed" };

export const propertyWords = (name: string): string => PROPERTIES[name] ?? name.replaceAll("_", " ");


/** A value of a property, as people say it. */
export const valueWords = (name: string, value: string): string => (name === "roles" ? ((ROLE_WORDS as Record<string, string>)[value] ?? value) : value);
