/** A node's conditions, as its collector or Kubernetes report them. */
import { graphql, useFragment, type FragmentType } from "../gql";
import { since } from "../ui/format";
import { LEVEL_WORD, Mark } from "../ui/Mark";
import { Empty } from "../ui/Panel";
import table from "../ui/Table.module.css";
import { useNow } from "../ui/useNow";

const ConditionsFragment = graphql(`
  fragment Conditions on ClusterNode {
    conditions { type status level message since }
  }
`);

export function Conditions({ node }: { node: FragmentType<typeof ConditionsFragment> }) {
  const now = useNow();
  const { conditions } = useFragment(ConditionsFragment, node);
  if (conditions.length === 0) return <Empty title="No condition is reported" />;
  return (
    <div className={table.scroll}>
      <table className={table.table}>
        <thead className="visually-hidden">
          <tr><th scope="col">Condition</th><th scope="col">Status</th><th scope="col">Message</th><th scope="col">Since</th></tr>
        </thead>
        <tbody>
          {conditions.map((condition) => (
            <tr key={condition.type}>
              <th scope="row"><span className={table.mark}><Mark level={condition.level} label={LEVEL_WORD[condition.level]} /> {condition.type}</span></th>
              <td><span className={table.mark} data-level={condition.level}>{condition.status}</span></td>
              <td className={`${table.muted} ${table.wrap}`}>{condition.message}</td>
              <td className={`${table.number} ${table.muted}`}>{condition.since == null ? "" : since(condition.since, now)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
