/** What is asked about what runs here: by everyone, and by operators, live. */
import { graphql } from "../gql";
import type { AboutChangesSubscription } from "../gql/graphql";

export const EditionDocument = graphql(`
  query Edition {
    about { version licence { edition } }
  }
`);

export const AboutChangesDocument = graphql(`
  subscription AboutChanges {
    aboutChanges {
      version
      commit
      startedAt
      python
      clusterId
      components { name state kind version detail remedy }
      collectors { version nodes stale }
      libraries { name version }
    }
  }
`);

export type AboutInfo = AboutChangesSubscription["aboutChanges"];
export type ComponentInfo = NonNullable<AboutInfo["components"]>[number];
export type CollectorInfo = NonNullable<AboutInfo["collectors"]>[number];
