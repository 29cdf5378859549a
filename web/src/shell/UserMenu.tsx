/** The right menu: one's account, about, what developers need, the keys, and the way out. */
import { useNavigate } from "@tanstack/react-router";
import { Button, Header, Menu, MenuItem, MenuSection, MenuTrigger, Popover, Separator } from "react-aria-components";
import { useIsOperator, useLive } from "../live/Live";
import { signOut } from "../session/session";
import { setSingleKeys, useSingleKeys } from "./settings";
import { announce } from "../ui/announce";
import { copyText } from "../ui/copy";
import { ROLE_LETTERS } from "../users/roles";
import css from "./TopBar.module.css";

export function UserMenu({ onHelp }: { onHelp: () => void }) {
  const { session } = useLive();
  const navigate = useNavigate();
  const isOperator = useIsOperator();
  const hasKeys = useSingleKeys();
  const roles = session.roles.map((role) => ROLE_LETTERS[role]).join(" ");
  const copyAddress = async () => {
    if (await copyText(`${window.location.origin}/graphql`)) announce("Copied the API’s address");
    else await navigate({ to: "/about" }); // where it stands, to be selected
  };
  return (
    <MenuTrigger>
      <Button className={css.user}>
        <span className={css.initials} aria-hidden="true">{session.name.slice(0, 2).toUpperCase()}</span>
        {session.name}
        <span className={css.role}>{roles}</span>
      </Button>
      <Popover className={css.popover} placement="bottom end">
        <Menu className={css.menu}>
          <MenuItem className={css.item} onAction={() => void navigate({ to: "/account" })}>Your account</MenuItem>
          <MenuItem className={css.item} onAction={() => void navigate({ to: "/about" })}>About</MenuItem>
          <Separator className={css.separator} />
          <MenuSection>
            <Header>Developer</Header>
            {isOperator && <MenuItem className={css.item} href="/graphiql/" target="_blank" rel="noreferrer">
              GraphiQL <span>new tab</span>
            </MenuItem>}
            <MenuItem className={css.item} onAction={() => void copyAddress()}>
              Copy the API’s address <span>/graphql</span>
            </MenuItem>
          </MenuSection>
          <Separator className={css.separator} />
          <MenuItem className={css.item} onAction={() => setSingleKeys(!hasKeys)}>
            Single-key shortcuts <span>{hasKeys ? "on" : "off"}</span>
          </MenuItem>
          <MenuItem className={css.item} onAction={onHelp}>Keys <span>?</span></MenuItem>
          <Separator className={css.separator} />
          <MenuItem className={css.item} onAction={() => void signOut()}>Sign out</MenuItem>
        </Menu>
      </Popover>
    </MenuTrigger>
  );
}
