/** Monaco's workers as files of this build: GraphiQL's own set-up would fetch them from elsewhere. */
import EditorWorker from "monaco-editor/esm/vs/editor/editor.worker.js?worker";
import JsonWorker from "monaco-editor/esm/vs/language/json/json.worker.js?worker";
import GraphqlWorker from "monaco-graphql/esm/graphql.worker.js?worker";

const WORKERS: Record<string, new () => Worker> = { json: JsonWorker, graphql: GraphqlWorker };

window.MonacoEnvironment = {
  getWorker: (_moduleId: string, label: string) => new (WORKERS[label] ?? EditorWorker)(),
};
