// What the server says, as far as the pages use it.

export interface ServedModel {
  id: string;
  capabilities?: string[];
  architecture?: { input_modalities?: string[] };
  status?: { value: string };
  aliases?: string[];
  meta?: { n_ctx?: number; note?: string; n_params?: number; size?: number; ftype?: string };
}

export interface Usage {
  prompt_tokens: number;
  completion_tokens: number;
  total_tokens: number;
  prompt_tokens_details?: { cached_tokens?: number };
  completion_tokens_details?: { reasoning_tokens?: number };
}

export interface Timings {
  queue_ms?: number;
  cache_n?: number;
  prompt_n?: number;
  prompt_ms?: number;
  prompt_per_second?: number;
  predicted_n?: number;
  predicted_ms?: number;
  predicted_per_second?: number;
  media_ms?: number;
  draft_n?: number;
  draft_n_accepted?: number;
}

export interface CatalogModel {
  name: string;
  state: string;
  origin: { kind: string; path?: string; repository?: string; from?: string; how?: string };
  byte_count: number;
  files: { path: string; role: string; byte_count: number; condition?: string }[];
  metadata: {
    format?: string; architecture?: string; title?: string; parameter_count?: number; quantization?: string; context_length?: number;
    license?: string; has_chat_template?: boolean; block_count?: number;
  };
  tags: string[];
  rating: number | null;
  notes: string | null;
  added_at: string;
  usage: { requests: number; prompt_tokens: number; completion_tokens: number; last_used_at: string | null };
  failure?: { step: string; reason: string };
  used_by?: string[];
}

export interface Job {
  id: string;
  kind: string;
  state: string;
  parameters: Record<string, unknown>;
  created_at: number;
  progress: { done: number; total: number | null; unit: string; stage: string; fraction: number | null };
  error: { code: string; message: string; hint: string | null } | null;
  log?: string[];
}

export interface Replica {
  id: number;
  version: number;
  state: string;
  in_flight: number;
  resident_bytes?: number;
  context_tokens?: number;
  last_exit?: string;
}

export interface Deployment {
  name: string;
  origin: string;
  stage: string;
  version: number;
  versions: number;
  configuration: Record<string, unknown> & { kind: string; model?: string; remark?: string };
  replicas: Replica[];
  memory: { predicted_bytes?: number; resident_bytes?: number };
  failure?: string;
  log_tail?: string[];
}

export interface DeploymentVersion {
  version: number;
  state: string;
  note: string;
  created_at_us: number;
  configuration: Record<string, unknown>;
  reason?: string;
}

export interface Footprint {
  host_bytes: number;
  devices: Record<string, number>;
}

export interface MemoryPlan {
  machine: { total_bytes: number; free_bytes: number };
  budget: Footprint;
  reserved: Footprint;
  free: Footprint;
  waiting: number;
  models: {
    model: string; state: string; reserved: Footprint; predicted: Footprint; measured: Footprint | null; pinned: boolean; running: number;
    waiting: number; reload_seconds: number; leaves_as: number | null; idle_seconds: number | null;
    parts?: { kind: string; bytes: number; residence: string; reason: string }[];
  }[];
}

export interface MemoryEstimate {
  needed: Footprint;
  fits: boolean;
  fits_alone: boolean;
  budget: Footprint;
  free: Footprint;
  layers: number;
  trained_context: number;
  parameters: number;
  cells: number;
  sequence_tokens: number;
  summary: Record<string, number>;
  parts: { kind: string; bytes: number; residence: string; reason: string }[];
  notes: string[];
}

export interface Slot {
  id: number;
  n_ctx: number;
  state: string;
  is_processing: boolean;
  tenant: string | null;
  priority: string | null;
  request_id: string | null;
  prompt_tokens: number;
  cached_tokens: number;
  computed_tokens: number;
  written_tokens: number;
  draft_tokens: number;
  draft_tokens_accepted: number;
  next_token?: { n_remain: number }[];
}

export interface CacheNode {
  id: string;
  parent: string | null;
  tenant: string | null;
  start: number;
  tokens: number;
  bytes: number;
  tier: string;
  hits: number;
  users: number;
  children: number;
  seconds_since_use: number;
  text: string;
}

export interface Cache {
  cells: number;
  cells_used: number;
  totals: { lookups: number; hits: number; tokens_reused: number; tokens_computed: number; evictions: number; tokens_dropped: number };
  tiers: { tier: string; bytes: number; bytes_max: number; nodes: number }[];
  nodes: CacheNode[];
}

export interface EngineState {
  deployment: string;
  replicas: { id: number; state: string; slots: Slot[] | null; cache: Cache | null }[];
}

export interface Machine {
  system: string | null;
  processor: { model: string | null; architecture: string | null; features: string[]; cores: number | null; threads: number | null };
  memory: { total_bytes: number | null; available_bytes: number | null; swap_total_bytes: number | null };
  usable: { memory_bytes: number | null; memory_free_bytes: number | null; threads: number; cores: number };
  model_folder: { path: string; total_bytes: number | null; free_bytes: number | null } | null;
  accelerators: { vendor: string; name: string | null; total_bytes: number | null; free_bytes: number | null }[];
  surroundings: { kind: string; evidence: string }[];
  notes: { part: string; message: string; hint: string | null }[];
}

export interface Advice {
  for: { use: string; found_by?: { use: string; words: string[] }[] };
  context_tokens: number;
  total: number;
  remarks: string[];
  recommendations: {
    name: string; source: string; download: string | null; quantization: string; context_tokens: number; fits: boolean; need_bytes: number;
    score: number; generation: { tokens_per_second: number; basis: string } | null; reasons: { code: string; text: string }[];
    alternatives: { text: string; need_bytes: number }[];
  }[];
}
