/**
 * Requests by the paths of openapi.yaml: a path, a parameter, a body or an answer that the description does not know
 * fails the type check. Nothing of this is left when it runs but the filling in of the path.
 */

import { ask, type Answer, type Query } from "./http";
import type { paths } from "./schema";

type Method = "get" | "post" | "put" | "patch" | "delete";
type Prefix = "/api/v1";

/** The paths that know this method, without the prefix. */
export type Path<M extends Method> = {
  [P in keyof paths]: paths[P] extends Record<M, { responses: unknown }>
    ? P extends `${Prefix}${infer Rest}`
      ? Rest
      : never
    : never;
}[keyof paths];

type Operation<M extends Method, P extends string> = `${Prefix}${P}` extends keyof paths
  ? paths[`${Prefix}${P}`] extends Record<M, infer Found>
    ? Found
    : never
  : never;

type Parameters<O> = O extends { parameters: { path: infer Found } } ? { path: Found } : { path?: undefined };
type Body<O> = O extends { requestBody?: { content: { "application/json": infer Found } } }
  ? Found
  : undefined;
type Content<R> = R extends { content: { "application/json": infer Found } } ? Found : undefined;
type Success<O> = O extends { responses: infer Found }
  ? Content<Found[keyof Found & (200 | 201 | 202 | 204)]>
  : never;

/** What a request may carry. */
type Given<O> = Parameters<O> & {
  query?: Query;
  body?: Body<O>;
  headers?: Record<string, string>;
  signal?: AbortSignal;
};

/** `{name}` in a path by its value. */
function filled(path: string, values: Record<string, unknown> = {}): string {
  return path.replaceAll(/\{(\w+)\}/g, (_, name: string) => encodeURIComponent(String(values[name])));
}

type Call<M extends Method> = <P extends Path<M>>(
  path: P,
  ...given: undefined extends Parameters<Operation<M, P>>["path"]
    ? [Given<Operation<M, P>>?]
    : [Given<Operation<M, P>>]
) => Promise<Success<Operation<M, P>>>;

function caller<M extends Method>(method: M): Call<M> {
  return async (path, ...given) => (await full(method, path, ...given)).value;
}

/** The answer with its ETag and status. */
export function full<M extends Method, P extends Path<M>>(
  method: M,
  path: P,
  ...[given]: Parameters<Operation<M, P>>["path"] extends undefined
    ? [Given<Operation<M, P>>?]
    : [Given<Operation<M, P>>?]
): Promise<Answer<Success<Operation<M, P>>>> {
  const { path: values, ...options } = given ?? ({} as Given<Operation<M, P>>);
  return ask(method.toUpperCase(), filled(path, values as Record<string, unknown>), options);
}

export const get = caller("get");
export const post = caller("post");
export const put = caller("put");
export const patch = caller("patch");
export const remove = caller("delete");
